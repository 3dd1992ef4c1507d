-- One row per as_of_date and node: which better ids are known of it.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

pairs as (

    select *
    from {{ ref('int_login_devices__observed') }}
    where business_date = {{ today }}

),

links as (

    select *
    from {{ ref('int_login_links__observed') }}
    where business_date = {{ today }}

),

seen as (

    select *
    from {{ ref('int_nodes__seen') }}
    where business_date = {{ today }}

),

-- The first login on a device says whose it is, the last one who uses it now.
device_logins as (

    select
        'device:' || device_id as node_id,
        {{ earliest('login_id', ['first_seen_at', 'login_id']) }} as first_login_id,
        {{ latest('login_id', ['last_seen_at', 'login_id']) }} as current_login_id

    from pairs
    group by device_id

),

nodes as (

    select
        coalesce(yesterday.node_id, seen.node_id) as node_id,
        coalesce(yesterday.node_rank, seen.node_rank) as node_rank,
        coalesce(yesterday.first_login_id, device_logins.first_login_id) as first_login_id,
        coalesce(device_logins.current_login_id, yesterday.current_login_id) as current_login_id,
        case when links.login_id is not null then links.customer_id else yesterday.customer_id end
            as customer_id,
        coalesce(yesterday.first_seen_on, {{ today }}) as first_seen_on,
        case when seen.node_id is not null then {{ today }} else yesterday.last_seen_on end
            as last_seen_on

    from yesterday
    full join seen on yesterday.node_id = seen.node_id
    left join device_logins on coalesce(yesterday.node_id, seen.node_id) = device_logins.node_id
    left join links on coalesce(yesterday.node_id, seen.node_id) = 'login:' || links.login_id

),

-- A visitor who has not been seen for 90 days is retired with the device.
kept as (

    select *
    from nodes
    where
        node_rank < 3
        or first_login_id is not null
        or last_seen_on > {{ days_before(today, 90) }}

),

walked as (

    select
        -- keys
        kept.node_id,

        -- what is known of it
        kept.node_rank,
        kept.first_login_id,
        kept.current_login_id,
        kept.customer_id,
        -- the best id of whoever stands behind it: two logins never join through a device
        case
            when kept.node_rank = 3 and logins.customer_id is not null
                then 'customer:' || logins.customer_id
            when kept.node_rank = 3 and kept.first_login_id is not null
                then 'login:' || kept.first_login_id
            when kept.node_rank = 2 and kept.customer_id is not null
                then 'customer:' || kept.customer_id
            else kept.node_id
        end as anchor_id,

        -- when
        kept.first_seen_on,
        kept.last_seen_on,
        {{ today }} as as_of_date

    from kept
    left join kept as logins on 'login:' || kept.first_login_id = logins.node_id

)

select * from walked
