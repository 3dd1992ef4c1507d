-- One row per business date, node and scope: the day's last decision about being contacted.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

told as (

    select
        evidence_id,
        customer_id,
        login_id,
        scope_type,
        status = 'granted' as is_granted,
        changed_at,
        business_date
    from {{ ref('stg_broker__consents') }}

    union all

    select
        evidence_id,
        customer_id,
        login_id,
        'any_contact' as scope_type,
        status = 'lifted' as is_granted,
        changed_at,
        business_date
    from {{ ref('stg_broker__do_not_contacts') }}

),

ranked as (

    select
        told.*,
        case
            when told.customer_id is not null then 'customer:' || told.customer_id
            else 'login:' || told.login_id
        end as node_id,
        row_number() over (
            partition by told.customer_id, told.login_id, told.scope_type, told.business_date
            order by told.changed_at desc nulls last, told.evidence_id desc nulls last
        ) as recency_rank

    from told
    inner join rebuilt_dates on told.business_date = rebuilt_dates.business_date

),

latest as (

    select
        -- keys
        node_id,
        scope_type,

        -- what
        {{ latest('is_granted', ['changed_at', 'evidence_id']) }} as is_granted,

        -- when
        max(changed_at) as changed_at,
        business_date

    from ranked
    where recency_rank = 1
    group by node_id, scope_type, business_date

)

select * from latest
