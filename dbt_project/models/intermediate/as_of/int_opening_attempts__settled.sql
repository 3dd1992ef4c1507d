-- One row per attempt, step, and run of days on which it stood there decided or given up.
with

traced as (

    select
        *,
        lead(reached_on) over (
            partition by attempt_id, attempted_on order by step_no asc nulls last
        ) as moved_on

    from {{ ref('int_opening_attempts__traced') }}

),

changed as (

    select
        attempt_id,
        is_settled,
        business_date as settled_on,
        lead(business_date) over (
            partition by attempt_id order by updated_at asc nulls last, business_date asc nulls last
        ) as changed_on

    from {{ ref('int_opening_attempts__changed') }}
    where attempt_id in (select traced.attempt_id from traced)

),

settled as (

    select
        -- keys
        traced.attempt_id,
        traced.attempted_on,
        traced.step_no,
        greatest(traced.reached_on, changed.settled_on) as settled_on,

        -- what kind of start
        traced.flow_code,
        traced.os,

        -- when
        nullif(
            least(
                coalesce(traced.moved_on, date '9999-12-31'),
                coalesce(changed.changed_on, date '9999-12-31')
            ),
            date '9999-12-31'
        ) as unsettled_on

    from traced
    inner join changed on traced.attempt_id = changed.attempt_id
    where
        changed.is_settled
        -- What was overtaken on the same day says nothing about the end of the day.
        and changed.settled_on < coalesce(changed.changed_on, date '9999-12-31')
        and traced.reached_on < coalesce(traced.moved_on, date '9999-12-31')
        and changed.settled_on < coalesce(traced.moved_on, date '9999-12-31')
        and traced.reached_on < coalesce(changed.changed_on, date '9999-12-31')

)

select * from settled
