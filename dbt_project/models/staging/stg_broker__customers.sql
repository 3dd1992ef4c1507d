-- One row per customer and delivered snapshot, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'customers') }}

),

renamed as (

    select
        -- keys
        snapshot_on,
        customer_id,
        login_id,
        branch_id,
        referrer_customer_id,

        -- what
        mobile,
        id_number,
        gender,
        province,
        city,
        occupation_code,
        education_type,
        income_band_code,
        investing_years_count,
        status,
        customer_source_type,
        commission_ratio,
        investor_type,
        risk_level,
        preferred_term_type,
        preferred_product_types,
        is_employee,

        -- when
        born_on,
        opened_at,
        closed_at,
        risk_assessed_at,
        risk_expires_on,
        id_expires_on,
        business_date,
        delivery_date

    from source

)

select * from renamed
