-- One row per as_of_date and node with behaviour on that day, as told to the login on the device.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

node_days as (

    select node_days.*
    from {{ ref('int_node_days__rolled_up') }} as node_days
    inner join rebuilt_dates on node_days.business_date = rebuilt_dates.business_date

),

nodes as (

    select * from {{ ref('int_nodes__walked') }}

),

told as (

    select
        -- Whoever logged in last on an earlier day uses the device until somebody else logs in.
        case
            when node_days.node_type = 'device' and nodes.current_login_id is not null
                then 'login:' || nodes.current_login_id
            else node_days.node_id
        end as told_node_id,
        node_days.*

    from node_days
    left join nodes
        on
            node_days.node_id = nodes.node_id
            and nodes.as_of_date = {{ days_before('node_days.business_date', 1) }}

),

attributed as (

    select
        -- keys
        told_node_id as node_id,

        -- how much
        cast(sum(actions_count) as bigint) as actions_count,
        cast(sum(launches_count) as bigint) as launches_count,
        cast(sum(registrations_count) as bigint) as registrations_count,
        cast(sum(quote_views_count) as bigint) as quote_views_count,
        cast(sum(sector_views_count) as bigint) as sector_views_count,
        cast(sum(searches_count) as bigint) as searches_count,
        cast(sum(watchlist_adds_count) as bigint) as watchlist_adds_count,
        cast(sum(product_views_count) as bigint) as product_views_count,
        cast(sum(content_reads_count) as bigint) as content_reads_count,
        cast(sum(margin_clicks_count) as bigint) as margin_clicks_count,
        cast(sum(deposit_views_count) as bigint) as deposit_views_count,
        cast(sum(withdrawal_views_count) as bigint) as withdrawal_views_count,
        cast(sum(app_crashes_count) as bigint) as app_crashes_count,
        cast(sum(sessions_count) as bigint) as sessions_count,
        cast(sum(session_seconds) as decimal(18, 3)) as session_seconds,

        -- on what and from where
        {{ latest('os', ['last_event_at', 'node_id']) }} as os,
        {{ earliest('first_utm_source', ['first_event_at', 'node_id']) }} as first_utm_source,
        {{ earliest('first_utm_key', ['first_event_at', 'node_id']) }} as first_utm_key,

        -- when
        business_date as as_of_date

    from told
    group by told_node_id, business_date

)

select * from attributed
