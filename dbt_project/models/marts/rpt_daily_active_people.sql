-- One row per business date on which somebody was active.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

active_node_days as (

    select node_days.*
    from {{ ref('int_node_days__rolled_up') }} as node_days
    inner join rebuilt_dates on node_days.business_date = rebuilt_dates.business_date
    where node_days.actions_count > 0

),

-- Logins and devices, as they sent it.
nodes as (

    select
        business_date,
        count(*) as active_nodes_count,
        count(case when node_type = 'device' then 1 end) as anonymous_devices_count,
        cast(sum(actions_count) as bigint) as actions_count,
        cast(sum(launches_count) as bigint) as launches_count,
        cast(sum(screen_views_count) as bigint) as screen_views_count,
        cast(sum(clicks_count) as bigint) as clicks_count,
        cast(sum(session_seconds) as decimal(18, 3)) as session_seconds

    from active_node_days
    group by business_date

),

-- Whom they stood for at the end of the day; what a device sends is of whoever uses it.
active_people as (

    select
        identities.person_id,
        identities.as_of_date as business_date,
        max(case when active_node_days.node_type = 'login' then 1 else 0 end) as is_logged_in

    from {{ ref('int_node_days__attributed') }} as attributed
    inner join rebuilt_dates on attributed.as_of_date = rebuilt_dates.business_date
    inner join {{ ref('int_identities__walked') }} as identities
        on
            attributed.node_id = identities.node_id
            and attributed.as_of_date = identities.as_of_date
    left join active_node_days
        on
            attributed.node_id = active_node_days.node_id
            and attributed.as_of_date = active_node_days.business_date
    where attributed.actions_count > 0
    group by identities.person_id, identities.as_of_date

),

people as (

    select
        business_date,
        count(*) as active_people_count,
        count(case when is_logged_in = 1 then 1 end) as logged_in_people_count

    from active_people
    group by business_date

),

counted as (

    select
        nodes.*,
        people.active_people_count,
        people.logged_in_people_count

    from nodes
    inner join people on nodes.business_date = people.business_date

)

select
    business_date,
    active_people_count,
    logged_in_people_count,
    active_nodes_count,
    anonymous_devices_count,
    {{ ratio('logged_in_people_count', 'active_people_count') }} as logged_in_people_ratio,
    actions_count,
    launches_count,
    screen_views_count,
    clicks_count,
    session_seconds,
    {{ ratio('actions_count', 'active_people_count') }} as actions_per_active_person
from counted
