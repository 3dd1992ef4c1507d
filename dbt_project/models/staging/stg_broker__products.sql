-- One row per product, per delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'products') }}

),

renamed as (

    select
        -- keys
        product_id,

        -- what
        product_name,
        product_category,
        fund_type,
        product_risk_level,
        term_days,
        invest_type,
        minimum_amount_cny,
        raise_target_cny,
        fee_ratio,
        trailer_fee_ratio,
        highlights,
        status,

        -- when
        raise_starts_on,
        raise_ends_on,
        business_date,
        delivery_date

    from source

)

select * from renamed
