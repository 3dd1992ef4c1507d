-- One row per attempt and step reached in order, of the attempts that tonight's snapshots show.
{# The contract numbers steps up to 12; a flow with fewer has no rows beyond its last. #}
{% set later_steps = range(2, 13) %}

with

rebuilt_dates as (

    select
        min(business_date) as first_date,
        max(business_date) as last_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

tries as (

    select * from {{ ref('int_opening_steps__tried') }}

),

started as (

    select
        tries.attempt_id,
        flows.flow_code,
        coalesce(tries.os, 'unknown') as os,
        flows.window_days,
        tries.entered_at,
        {{ days_after('tries.entered_at', 'flows.window_days') }} as closes_at,
        tries.business_date as attempted_on

    from tries
    left join {{ ref('opening_steps') }} as steps
        on tries.step_code = steps.step_code and steps.step_no = 1
    inner join {{ ref('opening_flows') }} as flows
        on coalesce(steps.flow_code, '{{ var("opening_flow") }}') = flows.flow_code
    -- A later try of the first step belongs to the start before it, wherever the window begins.
    where tries.step_no = 1 and tries.try_no = 1

),

shown as (

    select started.*
    from started
    inner join rebuilt_dates
        on
            started.attempted_on <= rebuilt_dates.last_date
            and (
                started.window_days is null
                or {{ days_between('started.attempted_on', 'rebuilt_dates.first_date') }}
                <= started.window_days
            )

),

later_tries as (

    select
        tries.attempt_id,
        tries.step_no,
        tries.entered_at,
        tries.business_date,
        shown.attempted_on

    from tries
    inner join shown on tries.attempt_id = shown.attempt_id
    where
        tries.step_no > 1
        and tries.business_date >= shown.attempted_on
        and (shown.closes_at is null or tries.entered_at <= shown.closes_at)

),

reached_1 as (

    select
        attempt_id,
        attempted_on,
        cast(1 as bigint) as step_no,
        entered_at as reached_at,
        attempted_on as reached_on,
        cast(null as bigint) as seconds_waited

    from shown

),

{% for step_no in later_steps %}
    reached_{{ step_no }} as (

        select
            earlier.attempt_id,
            earlier.attempted_on,
            cast({{ step_no }} as bigint) as step_no,
            min(later_tries.entered_at) as reached_at,
            min(later_tries.business_date) as reached_on,
            min({{ seconds_between('earlier.reached_at', 'later_tries.entered_at') }})
                as seconds_waited

        from reached_{{ step_no - 1 }} as earlier
        inner join later_tries
            on
                earlier.attempt_id = later_tries.attempt_id
                and earlier.attempted_on = later_tries.attempted_on
                and later_tries.step_no = {{ step_no }}
                -- At one and the same moment the order of the steps decides.
                and earlier.reached_at <= later_tries.entered_at
        group by earlier.attempt_id, earlier.attempted_on

    ),

{% endfor %}
reached as (

    select * from reached_1
    {% for step_no in later_steps %}
        union all
        select * from reached_{{ step_no }}
    {% endfor %}

),

traced as (

    select
        -- keys
        reached.attempt_id,
        reached.attempted_on,
        reached.step_no,

        -- what kind of start
        shown.flow_code,
        shown.os,
        shown.window_days,

        -- when
        reached.reached_at,
        reached.reached_on,
        reached.seconds_waited

    from reached
    inner join shown
        on reached.attempt_id = shown.attempt_id and reached.attempted_on = shown.attempted_on

)

select * from traced
