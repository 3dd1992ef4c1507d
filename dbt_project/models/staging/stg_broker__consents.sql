-- One row per decision of a customer about one scope of consent, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'consents') }}

),

renamed as (

    select
        -- keys
        evidence_id,
        scope_type,
        customer_id,
        login_id,

        -- what
        status,

        -- when
        changed_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
