-- One row per login and business date on which the broker said which customer it belongs to.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

links as (

    select * from {{ ref('stg_broker__login_links') }}

),

ranked as (

    select
        links.login_id,
        links.customer_id,
        links.bound_at,
        links.unbound_at,
        links.business_date,
        row_number() over (
            partition by links.login_id, links.business_date
            order by links.bound_at desc nulls last, links.customer_id asc nulls last
        ) as recency_rank

    from links
    inner join rebuilt_dates on links.business_date = rebuilt_dates.business_date
    where {{ local_date('links.bound_at') }} <= links.business_date

),

observed as (

    select
        -- keys
        login_id,

        -- what: the newest link, unless it has been undone
        case
            when
                unbound_at is null or {{ local_date('unbound_at') }} > business_date
                then customer_id
        end as customer_id,

        -- when
        business_date

    from ranked
    where recency_rank = 1

)

select * from observed
