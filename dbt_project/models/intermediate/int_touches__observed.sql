-- One row per business date and touch that changed on it: how far it had come by then.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

touches as (

    select
        touches.*,
        row_number() over (
            partition by touches.touch_id, touches.business_date
            order by touches.updated_at desc nulls last, touches.delivery_date desc nulls last
        ) as recency_rank

    from {{ ref('stg_marketing__touches') }} as touches
    inner join rebuilt_dates on touches.business_date = rebuilt_dates.business_date

),

observed as (

    select
        -- keys
        touch_id,
        plan_id,
        case
            when customer_id is not null then 'customer:' || customer_id
            else 'login:' || login_id
        end as node_id,

        -- what
        touch_type,
        purpose_type,

        -- when
        {{ local_date('sent_at') }} as sent_on,
        delivered_at,
        message_opened_at,
        clicked_at,
        business_date

    from touches
    where recency_rank = 1

)

select * from observed
