-- One row per change of an attempt to open an account, on the dates to rebuild.
with

source as (

    select * from {{ source('opening', 'attempts') }}

),

renamed as (

    select
        -- keys
        attempt_id,
        updated_at,
        login_id,
        customer_id,
        channel_id,
        branch_id,

        -- what
        result,
        reject_code,
        app_version,
        os,
        device_model,
        video_type,

        -- when
        started_at,
        submitted_at,
        audited_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
