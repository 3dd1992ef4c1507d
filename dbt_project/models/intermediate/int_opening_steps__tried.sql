-- One row per try of a step within an attempt to open an account.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

tried as (

    select
        -- keys
        steps.attempt_id,
        steps.step_no,
        steps.try_no,

        -- what
        steps.step_code,
        steps.result,
        steps.reason_code,

        -- on what
        steps.os,
        steps.device_model,
        steps.app_version,

        -- when
        steps.entered_at,
        steps.left_at,
        steps.business_date

    from {{ ref('stg_opening__steps') }} as steps
    inner join rebuilt_dates on steps.business_date = rebuilt_dates.business_date

)

select * from tried
