-- One row per node and business date on which any source spoke of it.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

mentions as (

    select
        node_id,
        business_date
    from {{ ref('int_node_days__rolled_up') }}

    union all

    select
        'device:' || device_id as node_id,
        business_date
    from {{ ref('int_login_devices__observed') }}

    union all

    select
        'login:' || login_id as node_id,
        business_date
    from {{ ref('int_login_devices__observed') }}

    union all

    select
        'login:' || login_id as node_id,
        business_date
    from {{ ref('int_login_links__observed') }}

    union all

    select
        'customer:' || customer_id as node_id,
        business_date
    from {{ ref('int_login_links__observed') }}
    where customer_id is not null

    union all

    select
        'customer:' || customer_id as node_id,
        business_date
    from {{ ref('int_customer_profiles__observed') }}

    union all

    select
        'customer:' || customer_id as node_id,
        business_date
    from {{ ref('int_customer_days__rolled_up') }}

    union all

    select
        'customer:' || customer_id as node_id,
        business_date
    from {{ ref('int_opening_states__delivered') }}

),

seen as (

    select
        -- keys
        mentions.node_id,

        -- what: a customer is a better id than a login, a login better than a device
        min(
            case
                when mentions.node_id like 'customer:%' then 1
                when mentions.node_id like 'login:%' then 2
                else 3
            end
        ) as node_rank,

        -- when
        mentions.business_date

    from mentions
    inner join rebuilt_dates on mentions.business_date = rebuilt_dates.business_date
    group by mentions.node_id, mentions.business_date

)

select * from seen
