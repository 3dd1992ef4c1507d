-- One row per as_of_date, flow, start day, os and step, for starts whose window was open then.
with

snapshots as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

-- Counted by the day it happened first, so that a snapshot adds up days and not attempts.
arrivals as (

    select
        flow_code,
        attempted_on,
        os,
        step_no,
        reached_on,
        count(*) as reached_count,
        sum(seconds_waited) as seconds_waited

    from {{ ref('int_opening_attempts__traced') }}
    group by flow_code, attempted_on, os, step_no, reached_on

),

settlements as (

    select
        flow_code,
        attempted_on,
        os,
        step_no,
        settled_on,
        unsettled_on,
        count(*) as settled_count

    from {{ ref('int_opening_attempts__settled') }}
    group by flow_code, attempted_on, os, step_no, settled_on, unsettled_on

),

shown as (

    select
        snapshots.as_of_date,
        cohorts.flow_code,
        cohorts.attempted_on,
        cohorts.os,
        steps.step_no,
        cohorts.reached_count as attempts_count,
        -- On its last day a window is still open and everything in it has happened by the end.
        coalesce(
            {{ days_between('cohorts.attempted_on', 'snapshots.as_of_date') }} = flows.window_days,
            false
        ) as is_mature

    from snapshots
    inner join arrivals as cohorts
        on cohorts.step_no = 1 and snapshots.as_of_date >= cohorts.attempted_on
    inner join {{ ref('opening_flows') }} as flows
        on
            cohorts.flow_code = flows.flow_code
            and (
                flows.window_days is null
                or {{ days_between('cohorts.attempted_on', 'snapshots.as_of_date') }}
                <= flows.window_days
            )
    inner join {{ ref('opening_steps') }} as steps on cohorts.flow_code = steps.flow_code

),

reached as (

    select
        snapshots.as_of_date,
        arrivals.flow_code,
        arrivals.attempted_on,
        arrivals.os,
        arrivals.step_no,
        sum(arrivals.reached_count) as reached_count,
        sum(arrivals.seconds_waited) as seconds_waited

    from snapshots
    inner join arrivals on snapshots.as_of_date >= arrivals.reached_on
    group by
        snapshots.as_of_date,
        arrivals.flow_code,
        arrivals.attempted_on,
        arrivals.os,
        arrivals.step_no

),

settled as (

    select
        snapshots.as_of_date,
        settlements.flow_code,
        settlements.attempted_on,
        settlements.os,
        settlements.step_no,
        sum(settlements.settled_count) as settled_count

    from snapshots
    inner join settlements
        on
            snapshots.as_of_date >= settlements.settled_on
            and (
                settlements.unsettled_on is null
                or snapshots.as_of_date < settlements.unsettled_on
            )
    group by
        snapshots.as_of_date,
        settlements.flow_code,
        settlements.attempted_on,
        settlements.os,
        settlements.step_no

),

counted as (

    select
        -- keys
        shown.as_of_date,
        shown.flow_code,
        shown.attempted_on,
        shown.os,
        shown.step_no,

        -- how many
        shown.is_mature,
        shown.attempts_count,
        cast(coalesce(reached.reached_count, 0) as bigint) as reached_count,
        cast(coalesce(settled.settled_count, 0) as bigint) as settled_count,
        cast(coalesce(reached.seconds_waited, 0) as bigint) as seconds_waited

    from shown
    left join reached using (as_of_date, flow_code, attempted_on, os, step_no)
    left join settled using (as_of_date, flow_code, attempted_on, os, step_no)

)

select * from counted
