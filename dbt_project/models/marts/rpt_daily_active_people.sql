-- One row per business date on which somebody was active.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

active_node_days as (

    select node_days.*
    from {{ ref('int_node_days__rolled_up') }} as node_days
    inner join rebuilt_dates on node_days.business_date = rebuilt_dates.business_date
    where node_days.actions_count > 0

),

counted as (

    select
        business_date,
        count(*) as active_people_count,
        count(case when node_type = 'login' then 1 end) as logged_in_people_count,
        count(case when node_type = 'device' then 1 end) as anonymous_devices_count,
        cast(sum(actions_count) as bigint) as actions_count,
        cast(sum(launches_count) as bigint) as launches_count,
        cast(sum(screen_views_count) as bigint) as screen_views_count,
        cast(sum(clicks_count) as bigint) as clicks_count,
        cast(sum(session_seconds) as decimal(18, 3)) as session_seconds

    from active_node_days
    group by business_date

),

reported as (

    select
        -- keys
        business_date,

        -- how many people
        active_people_count,
        logged_in_people_count,
        anonymous_devices_count,
        {{ ratio('logged_in_people_count', 'active_people_count') }} as logged_in_people_ratio,

        -- how much they did
        actions_count,
        launches_count,
        screen_views_count,
        clicks_count,
        session_seconds,
        {{ ratio('actions_count', 'active_people_count') }} as actions_per_active_person

    from counted

)

select
    business_date,
    active_people_count,
    logged_in_people_count,
    anonymous_devices_count,
    logged_in_people_ratio,
    actions_count,
    launches_count,
    screen_views_count,
    clicks_count,
    session_seconds,
    actions_per_active_person
from reported
