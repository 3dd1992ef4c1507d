-- One row per as_of_date, first-touch channel and week of first visits: how good its people are.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

measured as (

    select
        measured.*,
        -- a week is over for those who came last in it when they had their seven days
        {{ days_between('measured.cohort_week_on', 'measured.as_of_date') }} >= 13 as is_mature_7d

    from {{ ref('int_channel_cohorts__measured') }} as measured
    inner join rebuilt_dates on measured.as_of_date = rebuilt_dates.as_of_date

),

returned as (

    select
        measured.channel_id,
        measured.cohort_week_on,
        measured.as_of_date,
        cast(sum(cohorts.day_7_cohort_count) as bigint) as day_7_cohort_count,
        cast(sum(cohorts.day_7_retained_count) as bigint) as day_7_retained_count

    from measured
    inner join {{ ref('int_channel_cohorts__returned') }} as cohorts
        on
            measured.channel_id = cohorts.channel_id
            and measured.cohort_week_on = {{ week_start('cohorts.first_active_on') }}
            and measured.as_of_date >= cohorts.as_of_date
    where measured.is_mature_7d
    group by measured.channel_id, measured.cohort_week_on, measured.as_of_date

),

joined as (

    select
        measured.*,
        case when measured.is_mature_7d then coalesce(returned.day_7_cohort_count, 0) end
            as day_7_cohort_count,
        case when measured.is_mature_7d then coalesce(returned.day_7_retained_count, 0) end
            as day_7_retained_count

    from measured
    left join returned
        on
            measured.channel_id = returned.channel_id
            and measured.cohort_week_on = returned.cohort_week_on
            and measured.as_of_date = returned.as_of_date

)

select
    channel_id,
    cohort_week_on,
    people_count,
    registered_people_count,
    opened_people_count,
    funded_people_count,
    traded_people_count,
    valid_people_count,
    suspicious_people_count,
    day_7_cohort_count,
    day_7_retained_count,
    total_assets_cny,
    net_commission_to_date_cny,
    channel_clicks_count,
    cost_cny,
    {{ ratio('opened_people_count', 'registered_people_count') }} as opening_conversion_ratio,
    {{ ratio('valid_people_count', 'opened_people_count') }} as valid_account_ratio,
    {{ ratio('traded_people_count', 'opened_people_count') }} as first_trade_ratio,
    {{ ratio('suspicious_people_count', 'people_count') }} as suspicion_ratio,
    {{ ratio('day_7_retained_count', 'day_7_cohort_count') }} as day_7_retention_ratio,
    {{ money(ratio('cost_cny', 'opened_people_count')) }} as cost_per_opening_cny,
    {{ money(ratio('cost_cny', 'valid_people_count')) }} as cost_per_valid_account_cny,
    {{ money(ratio('net_commission_to_date_cny', 'opened_people_count')) }}
        as value_to_date_per_opening_cny,
    {{ ratio('net_commission_to_date_cny', 'cost_cny') }} as value_to_date_of_cost_times,
    as_of_date
from joined
