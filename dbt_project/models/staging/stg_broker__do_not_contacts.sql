-- One row per wish of a customer or login not to be contacted, or its end, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'do_not_contacts') }}

),

renamed as (

    select
        -- keys
        evidence_id,
        customer_id,
        login_id,

        -- what
        reason_type,
        status,

        -- when
        changed_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
