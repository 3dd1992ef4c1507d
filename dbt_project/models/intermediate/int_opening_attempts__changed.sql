-- One row per change of an attempt to open an account.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

changed as (

    select
        -- keys
        attempts.attempt_id,
        attempts.updated_at,
        attempts.login_id,
        attempts.customer_id,
        attempts.channel_id,
        attempts.branch_id,

        -- what
        attempts.result,
        coalesce(attempts.result in ('approved', 'rejected', 'abandoned'), false) as is_settled,
        attempts.reject_code,
        attempts.video_type,

        -- when
        attempts.started_at,
        attempts.submitted_at,
        attempts.audited_at,
        attempts.business_date

    from {{ ref('stg_opening__attempts') }} as attempts
    inner join rebuilt_dates on attempts.business_date = rebuilt_dates.business_date

)

select * from changed
