-- One row per as_of_date, flow and step of opening an account, over all attempts begun by then.
with

snapshots as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

cohorts as (

    select * from {{ ref('int_opening_cohorts__counted') }}

),

-- A start stands in every snapshot of its window; beyond that, the last of them speaks for it.
known as (

    select
        snapshots.as_of_date,
        cohorts.flow_code,
        cohorts.step_no,
        cohorts.is_mature,
        cohorts.attempts_count,
        cohorts.reached_count,
        cohorts.settled_count,
        cohorts.seconds_waited

    from snapshots
    inner join cohorts
        on
            snapshots.as_of_date = cohorts.as_of_date
            or (snapshots.as_of_date > cohorts.as_of_date and cohorts.is_mature)

),

totalled as (

    select
        as_of_date,
        flow_code,
        step_no,
        cast(sum(attempts_count) as bigint) as attempts_count,
        cast(sum(reached_count) as bigint) as reached_count,
        cast(sum(settled_count) as bigint) as settled_count,
        cast(sum(seconds_waited) as bigint) as seconds_waited,
        cast(sum(case when is_mature then attempts_count else 0 end) as bigint)
            as mature_attempts_count,
        cast(sum(case when is_mature then reached_count else 0 end) as bigint)
            as mature_reached_count

    from known
    group by as_of_date, flow_code, step_no

),

neighboured as (

    select
        *,
        lag(reached_count) over (
            partition by as_of_date, flow_code order by step_no asc nulls last
        ) as previous_step_count,
        lag(mature_reached_count) over (
            partition by as_of_date, flow_code order by step_no asc nulls last
        ) as mature_previous_step_count,
        lead(reached_count, 1, 0) over (
            partition by as_of_date, flow_code order by step_no asc nulls last
        ) as next_step_count

    from totalled

),

reported as (

    select
        -- keys
        funnel.as_of_date,
        funnel.flow_code,
        funnel.step_no,

        -- which step
        steps.step_code,
        steps.name_en,
        steps.name_zh,

        -- how many
        funnel.attempts_count,
        funnel.previous_step_count,
        funnel.reached_count,
        funnel.previous_step_count - funnel.reached_count as dropped_count,
        {{ ratio('funnel.reached_count', 'funnel.previous_step_count') }} as conversion_ratio,
        {{ ratio('funnel.reached_count', 'funnel.attempts_count') }} as overall_conversion_ratio,

        -- where they stand
        funnel.reached_count - funnel.next_step_count as standing_count,
        funnel.reached_count - funnel.next_step_count - funnel.settled_count as open_count,
        case
            when funnel.previous_step_count is not null
                then {{ ratio('funnel.seconds_waited', 'funnel.reached_count') }}
        end as mean_seconds_from_previous_step,

        -- of starts whose window is over
        funnel.mature_attempts_count = funnel.attempts_count as is_mature,
        funnel.mature_attempts_count,
        funnel.mature_previous_step_count,
        funnel.mature_reached_count,
        {{ ratio('funnel.mature_reached_count', 'funnel.mature_previous_step_count') }}
            as mature_conversion_ratio,
        {{ ratio('funnel.mature_reached_count', 'funnel.mature_attempts_count') }}
            as mature_overall_conversion_ratio

    from neighboured as funnel
    inner join {{ ref('opening_steps') }} as steps
        on funnel.flow_code = steps.flow_code and funnel.step_no = steps.step_no

)

select
    as_of_date,
    flow_code,
    step_no,
    step_code,
    name_en,
    name_zh,
    attempts_count,
    previous_step_count,
    reached_count,
    dropped_count,
    conversion_ratio,
    overall_conversion_ratio,
    standing_count,
    open_count,
    mean_seconds_from_previous_step,
    is_mature,
    mature_attempts_count,
    mature_previous_step_count,
    mature_reached_count,
    mature_conversion_ratio,
    mature_overall_conversion_ratio
from reported
