-- One row per calendar day, per delivery of the calendar, on the dates to rebuild.
with

source as (

    select * from {{ source('market', 'trading_days') }}

),

renamed as (

    select
        -- keys
        day,

        -- what
        is_trading_day,

        -- when
        business_date,
        delivery_date

    from source

)

select * from renamed
