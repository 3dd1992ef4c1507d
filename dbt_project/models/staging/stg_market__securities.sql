-- One row per security, per delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('market', 'securities') }}

),

renamed as (

    select
        -- keys
        security_code,

        -- what
        security_name,
        asset_class,
        market_code,

        -- when
        listed_on,
        delisted_on,
        business_date,
        delivery_date

    from source

)

select * from renamed
