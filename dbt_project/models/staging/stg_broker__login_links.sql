-- One row per link between a login and a customer, per delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'login_links') }}

),

renamed as (

    select
        -- keys
        login_id,
        customer_id,
        bound_at,

        -- when
        unbound_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
