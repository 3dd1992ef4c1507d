-- One row per node and business date with behaviour; a node is a login, else a device.
{# What tells the events of a node apart, the moment first. #}
{% set moment = ['occurred_at', 'track_id', 'event', 'distinct_id'] %}

with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

event_kinds as (

    select * from {{ ref('event_kinds') }}

),

events as (

    select * from {{ ref('stg_app__events') }}

),

sent as (

    select
        events.*,
        coalesce(events.device_id, events.distinct_id) as sent_from,
        coalesce(events.track_id, 0) as track_no

    from events
    inner join rebuilt_dates on events.business_date = rebuilt_dates.business_date
    where events.record_type in ('track', 'track_signup')

),

attributed as (

    select
        *,
        -- On a shared device what carries no login is of whoever logged in last on that day.
        {{ last_known(
            'login_id', 'sent_from, business_date',
            ['occurred_at', 'track_no', 'event', 'distinct_id']
        ) }} as active_login_id

    from sent

),

behaviour as (

    select
        -- A login and a device may share their text, so the type is part of the key.
        case
            when events.active_login_id is not null then 'login:' || events.active_login_id
            else 'device:' || events.sent_from
        end as node_id,
        case when events.active_login_id is not null then 'login' else 'device' end as node_type,
        coalesce(event_kinds.event_kind, 'action') as event_kind,
        -- A session left open in the background is no attention: it counts four hours at most.
        case
            when event_kinds.event_kind = 'session_end'
                then least(events.event_duration_seconds, 14400)
        end as session_seconds,
        events.os,
        events.os_version,
        events.device_model,
        events.app_version,
        events.occurred_at,
        events.distinct_id,
        events.event,
        events.track_no as track_id,
        events.utm_source,
        {{ utm_key('events') }} as utm_key,
        events.business_date

    from attributed as events
    left join event_kinds on events.event = event_kinds.event

),

rolled_up as (

    select
        -- keys
        node_id,

        -- who
        node_type,

        -- how much
        count(*) as events_count,
        count(case when event_kind <> 'received' then 1 end) as actions_count,
        count(case when event_kind = 'launch' then 1 end) as launches_count,
        count(case when event_kind = 'screen_view' then 1 end) as screen_views_count,
        count(case when event_kind = 'click' then 1 end) as clicks_count,
        count(case when event_kind = 'registration' then 1 end) as registrations_count,
        count(case when event_kind = 'quote_view' then 1 end) as quote_views_count,
        count(case when event_kind = 'sector_view' then 1 end) as sector_views_count,
        count(case when event_kind = 'search' then 1 end) as searches_count,
        count(case when event_kind = 'watchlist_add' then 1 end) as watchlist_adds_count,
        count(case when event_kind = 'product_view' then 1 end) as product_views_count,
        count(case when event_kind = 'content_read' then 1 end) as content_reads_count,
        count(case when event_kind = 'margin_click' then 1 end) as margin_clicks_count,
        count(case when event_kind = 'deposit_view' then 1 end) as deposit_views_count,
        count(case when event_kind = 'withdrawal_view' then 1 end) as withdrawal_views_count,
        count(case when event_kind = 'crash' then 1 end) as app_crashes_count,
        count(session_seconds) as sessions_count,
        cast(coalesce(sum(session_seconds), 0) as decimal(18, 3)) as session_seconds,

        -- on what, as the last event of the day that says so, and from where, as the first one says
        {{ latest('os', moment) }} as os,
        {{ latest('os_version', moment) }} as os_version,
        {{ latest('device_model', moment) }} as device_model,
        {{ latest('app_version', moment) }} as app_version,
        {{ earliest('utm_source', moment) }} as first_utm_source,
        {{ earliest('utm_key', moment) }} as first_utm_key,

        -- when
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        business_date

    from behaviour
    group by node_id, node_type, business_date

)

select * from rolled_up
