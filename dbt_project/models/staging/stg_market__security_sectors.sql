-- One row per security and sector that it belongs to, per delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('market', 'security_sectors') }}

),

renamed as (

    select
        -- keys
        security_code,
        sector_code,
        included_on,

        -- what
        sector_name,
        scheme_type,

        -- when
        excluded_on,
        business_date,
        delivery_date

    from source

)

select * from renamed
