-- One row per executed trade, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'trades') }}

),

renamed as (

    select
        -- keys
        trade_id,
        order_id,
        customer_id,

        -- what
        security_code,
        asset_class,
        side,
        unit_price,
        quantity_shares,
        gross_amount_cny,
        commission_cny,
        net_commission_cny,
        stamp_duty_cny,
        is_margin,
        terminal_type,

        -- when
        traded_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
