-- One row per try of a step within an attempt to open an account, on the dates to rebuild.
with

source as (

    select * from {{ source('opening', 'steps') }}

),

renamed as (

    select
        -- keys
        attempt_id,
        step_no,
        try_no,

        -- what
        step_code,
        result,
        reason_code,
        os,
        device_model,
        app_version,

        -- when
        entered_at,
        left_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
