-- One row per as_of_date and person: what was done in the app, over all logins and devices.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

persons as (

    select identities.*
    from {{ ref('int_identities__walked') }} as identities
    inner join rebuilt_dates on identities.as_of_date = rebuilt_dates.as_of_date

),

activity as (

    select activity.*
    from {{ ref('int_node_activity__walked') }} as activity
    inner join rebuilt_dates on activity.as_of_date = rebuilt_dates.as_of_date

),

summed as (

    select
        persons.person_id,
        persons.as_of_date,
        count(*) as nodes_count,
        max(case when persons.node_rank = 2 then 1 else 0 end) = 1 as is_registered,
        coalesce(bit_or(activity.active_days_bits), 0) as active_days_bits,
        coalesce(bit_or(activity.earlier_active_days_bits), 0) as earlier_active_days_bits,
        cast(coalesce(sum(activity.launches_7d_count), 0) as bigint) as launches_7d_count,
        cast(coalesce(sum(activity.launches_30d_count), 0) as bigint) as launches_30d_count,
        cast(coalesce(sum(activity.quote_views_30d_count), 0) as bigint) as quote_views_30d_count,
        cast(coalesce(sum(activity.sector_views_30d_count), 0) as bigint) as sector_views_30d_count,
        cast(coalesce(sum(activity.searches_30d_count), 0) as bigint) as searches_30d_count,
        cast(coalesce(sum(activity.watchlist_adds_30d_count), 0) as bigint)
            as watchlist_adds_30d_count,
        cast(coalesce(sum(activity.product_views_30d_count), 0) as bigint)
            as product_views_30d_count,
        cast(coalesce(sum(activity.content_reads_30d_count), 0) as bigint)
            as content_reads_30d_count,
        cast(coalesce(sum(activity.margin_clicks_30d_count), 0) as bigint)
            as margin_clicks_30d_count,
        cast(coalesce(sum(activity.deposit_views_14d_count), 0) as bigint)
            as deposit_views_14d_count,
        cast(coalesce(sum(activity.withdrawal_views_14d_count), 0) as bigint)
            as withdrawal_views_14d_count,
        cast(coalesce(sum(activity.app_crashes_7d_count), 0) as bigint) as app_crashes_7d_count,
        cast(coalesce(sum(activity.sessions_30d_count), 0) as bigint) as sessions_30d_count,
        cast(coalesce(sum(activity.session_seconds_30d), 0) as decimal(18, 3))
            as session_seconds_30d,
        {{ earliest(
            'activity.first_utm_source', ['activity.first_active_on', 'activity.node_id']
        ) }}
            as first_utm_source,
        {{ earliest('activity.first_utm_key', ['activity.first_active_on', 'activity.node_id']) }}
            as first_utm_key,
        {{ latest('activity.os', ['activity.last_active_on', 'activity.node_id']) }} as os,
        min(persons.first_seen_on) as first_seen_on,
        min(activity.first_active_on) as first_active_on,
        max(activity.last_active_on) as last_active_on,
        min(activity.registered_on) as registered_on

    from persons
    left join activity
        on persons.node_id = activity.node_id and persons.as_of_date = activity.as_of_date
    group by persons.person_id, persons.as_of_date

),

measured as (

    select
        -- keys
        person_id,

        -- who
        nodes_count,
        is_registered,
        first_utm_source,
        first_utm_key,
        os,

        -- on how many days
        active_days_bits,
        cast({{ days_counted('active_days_bits', 0, 7) }} as bigint) as active_days_7d_count,
        cast({{ days_counted('active_days_bits', 7, 14) }} as bigint) as active_days_8_14d_count,
        cast({{ days_counted('active_days_bits', 0, 30) }} as bigint) as active_days_30d_count,
        cast(
            {{ days_counted('active_days_bits', 30, 60) }}
            + {{ days_counted('earlier_active_days_bits', 0, 30) }} as bigint
        ) as active_days_31_90d_count,

        -- how much
        launches_7d_count,
        launches_30d_count,
        quote_views_30d_count,
        sector_views_30d_count,
        searches_30d_count,
        watchlist_adds_30d_count,
        product_views_30d_count,
        content_reads_30d_count,
        margin_clicks_30d_count,
        deposit_views_14d_count,
        withdrawal_views_14d_count,
        app_crashes_7d_count,
        sessions_30d_count,
        session_seconds_30d,

        -- when
        first_seen_on,
        first_active_on,
        last_active_on,
        registered_on,
        as_of_date

    from summed

)

select * from measured
