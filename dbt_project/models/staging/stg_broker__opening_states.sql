-- One row per customer, with what came before the first delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'opening_states') }}

),

renamed as (

    select
        -- keys
        snapshot_on,
        customer_id,

        -- what
        has_funded,
        has_invested,
        peak_assets_cny,

        -- when
        first_funded_on,
        first_invested_on,
        last_traded_on,
        business_date,
        delivery_date

    from source

)

select * from renamed
