-- One row per as_of_date and login or device: what it did, in windows that end on the day.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

entering as (

    select *
    from {{ ref('int_node_days__attributed') }}
    where as_of_date = {{ today }}

),

leaving_7d as (

    select *
    from {{ ref('int_node_days__attributed') }}
    where as_of_date = {{ days_before(today, 7) }}

),

leaving_14d as (

    select *
    from {{ ref('int_node_days__attributed') }}
    where as_of_date = {{ days_before(today, 14) }}

),

leaving_30d as (

    select *
    from {{ ref('int_node_days__attributed') }}
    where as_of_date = {{ days_before(today, 30) }}

),

nodes as (

    select *
    from {{ ref('int_identities__walked') }}
    where as_of_date = {{ today }} and node_rank > 1

),

walked as (

    select
        -- keys
        nodes.node_id,

        -- on which days: bit 0 is today, bit 59 sixty days before today's tomorrow
        {{ days_moved_on('yesterday.active_days_bits', 'entering.actions_count > 0') }}
            as active_days_bits,
        -- the sixty days before those
        {{ days_moved_on(
            'yesterday.earlier_active_days_bits',
            'coalesce(yesterday.active_days_bits, 0) >= ' ~ 2 ** 59
        ) }} as earlier_active_days_bits,

        -- how much
        {{ slid_count('launches', 7) }} as launches_7d_count,
        {{ slid_count('launches', 30) }} as launches_30d_count,
        {{ slid_count('quote_views', 30) }} as quote_views_30d_count,
        {{ slid_count('sector_views', 30) }} as sector_views_30d_count,
        {{ slid_count('searches', 30) }} as searches_30d_count,
        {{ slid_count('watchlist_adds', 30) }} as watchlist_adds_30d_count,
        {{ slid_count('product_views', 30) }} as product_views_30d_count,
        {{ slid_count('content_reads', 30) }} as content_reads_30d_count,
        {{ slid_count('margin_clicks', 30) }} as margin_clicks_30d_count,
        {{ slid_count('deposit_views', 14) }} as deposit_views_14d_count,
        {{ slid_count('withdrawal_views', 14) }} as withdrawal_views_14d_count,
        {{ slid_count('app_crashes', 7) }} as app_crashes_7d_count,
        {{ slid_count('sessions', 30) }} as sessions_30d_count,
        {{ slid('session_seconds_30d', 'entering.session_seconds', 'leaving_30d.session_seconds') }}
            as session_seconds_30d,

        -- from where and on what
        coalesce(yesterday.first_utm_source, entering.first_utm_source) as first_utm_source,
        coalesce(yesterday.first_utm_key, entering.first_utm_key) as first_utm_key,
        coalesce(entering.os, yesterday.os) as os,

        -- when
        coalesce(
            yesterday.first_active_on, case when entering.actions_count > 0 then {{ today }} end
        ) as first_active_on,
        coalesce(
            case when entering.actions_count > 0 then {{ today }} end, yesterday.last_active_on
        ) as last_active_on,
        coalesce(
            yesterday.registered_on, case when entering.registrations_count > 0 then {{ today }} end
        ) as registered_on,
        {{ today }} as as_of_date

    from nodes
    left join yesterday on nodes.node_id = yesterday.node_id
    left join entering on nodes.node_id = entering.node_id
    left join leaving_7d on nodes.node_id = leaving_7d.node_id
    left join leaving_14d on nodes.node_id = leaving_14d.node_id
    left join leaving_30d on nodes.node_id = leaving_30d.node_id

)

select * from walked
