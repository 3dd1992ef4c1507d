-- One row per as_of_date, with its number in the sequence of trading days.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

delivered as (

    select
        calendar_on,
        is_trading_day,
        row_number() over (order by business_date desc nulls last) as recency_rank

    from {{ ref('int_calendar_days__delivered') }}
    where calendar_on = {{ today }} and business_date <= {{ today }}

),

-- 5 January 1970 was a Monday.
dated as (

    select
        {{ today }} as as_of_date,
        mod({{ days_between("date '1970-01-05'", today) }}, 7) < 5 as is_weekday

),

known as (

    select
        dated.as_of_date,
        coalesce(delivered.is_trading_day, dated.is_weekday) as is_trading_day,
        delivered.is_trading_day is null as is_provisional

    from dated
    left join delivered
        on dated.as_of_date = delivered.calendar_on and delivered.recency_rank = 1

),

numbered as (

    select
        -- what
        known.is_trading_day,
        known.is_provisional,
        coalesce(yesterday.trading_day_no, 0) + (case when known.is_trading_day then 1 else 0 end)
            as trading_day_no,

        -- when
        known.as_of_date

    from known
    left join yesterday on yesterday.as_of_date = {{ days_before('known.as_of_date', 1) }}

)

select * from numbered
