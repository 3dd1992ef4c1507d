-- One row per movement of money or securities into or out of an account, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'cash_flows') }}

),

renamed as (

    select
        -- keys
        cash_flow_id,
        customer_id,

        -- what
        flow_type,
        amount_cny,
        bank_code,
        bank_card_number,
        transferred_value_cny,

        -- when
        occurred_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
