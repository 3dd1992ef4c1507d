-- One row per as_of_date and customer: the highest assets of the last 240 trading days.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

calendar as (

    select *
    from {{ ref('int_trading_days__numbered') }}
    where as_of_date <= {{ today }}

),

-- What the books say of a trading day, and what came before, as of the day on which it is told.
told as (

    select
        customer_days.customer_id,
        customer_days.total_assets_cny as assets_cny,
        customer_days.business_date as told_on
    from {{ ref('int_customer_days__rolled_up') }} as customer_days
    inner join calendar
        on customer_days.business_date = calendar.as_of_date and calendar.is_trading_day

    union all

    select
        customer_id,
        peak_assets_cny as assets_cny,
        business_date as told_on
    from {{ ref('int_opening_states__delivered') }}
    where business_date <= {{ today }}

),

-- The trading day that is just no longer among the last 240; before there are so many, none.
left_days as (

    select left_day.as_of_date as left_on
    from calendar as today
    inner join calendar as left_day
        on
            today.as_of_date = {{ today }}
            and left_day.is_trading_day
            and left_day.trading_day_no = today.trading_day_no - 240

),

kept as (

    select
        yesterday.customer_id,
        yesterday.peak_assets_240td_cny as assets_cny,
        yesterday.peaked_240td_on as told_on

    from yesterday
    left join left_days on yesterday.peaked_240td_on <= left_days.left_on
    where left_days.left_on is null

),

left_behind as (

    select
        yesterday.customer_id,
        left_days.left_on
    from yesterday
    inner join left_days on yesterday.peaked_240td_on <= left_days.left_on

),

-- Whose peak left: the highest of the months within and of the days at both edges.
found_again as (

    select told.*
    from left_behind
    inner join told
        on
            left_behind.customer_id = told.customer_id
            and left_behind.left_on < told.told_on
            and {{ month_start('told.told_on') }} in (
                {{ month_start('left_behind.left_on') }}, {{ month_start(today) }}
            )

    union all

    select
        months.customer_id,
        months.month_peak_assets_cny as assets_cny,
        months.month_peaked_on as told_on
    from left_behind
    inner join {{ ref('int_customer_months__peaked') }} as months
        on
            left_behind.customer_id = months.customer_id
            and left_behind.left_on < {{ month_start('months.as_of_date') }}
            and months.as_of_date < {{ month_start(today) }}

),

candidates as (

    select * from kept

    union all

    select * from found_again

    union all

    select *
    from told
    where told_on = {{ today }}

),

walked as (

    select
        -- keys
        customers.customer_id,

        -- what
        max(candidates.assets_cny) as peak_assets_240td_cny,

        -- when
        {{ latest('candidates.told_on', ['candidates.assets_cny', 'candidates.told_on']) }}
            as peaked_240td_on,
        {{ today }} as as_of_date

    from {{ ref('int_customer_assets__walked') }} as customers
    left join candidates
        on customers.customer_id = candidates.customer_id and candidates.assets_cny is not null
    where customers.as_of_date = {{ today }}
    group by customers.customer_id

)

select * from walked
