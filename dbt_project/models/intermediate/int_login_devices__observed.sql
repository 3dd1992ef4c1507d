-- One row per login, device and business date on which the login was active on the device.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

events as (

    select * from {{ ref('stg_app__events') }}

),

observed as (

    select
        -- keys
        events.login_id,
        events.device_id,

        -- when
        min(events.occurred_at) as first_seen_at,
        max(events.occurred_at) as last_seen_at,
        events.business_date

    from events
    inner join rebuilt_dates on events.business_date = rebuilt_dates.business_date
    where
        events.login_id is not null
        and events.device_id is not null
        and events.record_type in ('track', 'track_signup', 'track_id_bind')
    group by events.login_id, events.device_id, events.business_date

)

select * from observed
