-- One row per customer and day, as the books closed, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'daily_assets') }}

),

renamed as (

    select
        -- keys
        snapshot_on,
        customer_id,

        -- what
        cash_cny,
        stock_value_cny,
        fund_value_cny,
        wealth_value_cny,
        bond_value_cny,
        other_value_cny,
        restricted_value_cny,
        total_assets_cny,
        margin_debt_cny,
        short_debt_cny,
        accrued_interest_cny,
        net_assets_cny,

        -- when
        business_date,
        delivery_date

    from source

)

select * from renamed
