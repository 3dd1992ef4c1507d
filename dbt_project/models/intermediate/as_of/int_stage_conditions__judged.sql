-- One row per as_of_date and person: which conditions of the lifecycle stages hold on the day.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

persons as (

    select persons.*
    from {{ ref('int_persons__measured') }} as persons
    inner join rebuilt_dates on persons.as_of_date = rebuilt_dates.as_of_date

),

parameters as (

    select * from {{ ref('stage_parameters') }}

),

derived as (

    select
        persons.*,
        -- empty of whoever contributes nothing, or has no open account
        person_values.as_high_people_count,
        person_values.account_holders_count,
        coalesce(persons.total_assets_cny, 0) as assets_cny,
        -- what there was before the flows of the window
        coalesce(persons.total_assets_cny, 0) - persons.net_inflow_30d_cny as assets_before_30d_cny,
        coalesce(persons.total_assets_cny, 0) + persons.withdrawals_7d_cny as assets_before_7d_cny,
        -- of the evening before: scores are made of measures, and no measure may read a stage
        coalesce(churn_scores.churn_level_type = 'high', false) as has_high_churn

    from persons
    left join {{ ref('int_churn_scores__levelled') }} as churn_scores
        on
            persons.person_id = churn_scores.person_id
            and churn_scores.as_of_date = {{ days_before('persons.as_of_date', 1) }}
    left join {{ ref('int_person_values__ranked') }} as person_values
        on
            persons.person_id = person_values.person_id
            and persons.as_of_date = person_values.as_of_date

),

judged as (

    select
        -- keys
        derived.person_id,

        -- how far the person came
        derived.is_registered,
        derived.is_opened,
        derived.has_funded,
        derived.has_invested,
        derived.opened_days_count,
        coalesce(derived.opened_days_count <= parameters.new_days, false) as is_new,

        -- which way it goes
        derived.is_opened and derived.is_closed as is_closed,
        derived.is_opened and derived.silent_td_count > parameters.dormant_td as is_dormant,
        derived.is_opened
        and derived.valid_240td_count >= parameters.lost_valid_td
        and derived.silent_td_count >= parameters.lost_td
        and derived.assets_cny < greatest(
            parameters.lost_assets_cny,
            coalesce(derived.peak_assets_240td_cny, 0) * parameters.lost_peak_ratio
        ) as is_silently_lost,
        derived.is_opened
        and derived.valid_60td_count > 0
        and derived.assets_before_30d_cny > 0
        and -derived.net_inflow_30d_cny >= derived.assets_before_30d_cny * parameters.outflow_ratio
            as has_outflow,
        derived.is_opened
        and derived.valid_60td_count > 0
        and derived.active_days_31_90d_count >= parameters.activity_base_days
        -- days of 30 beside days of 60
        and 2 * derived.active_days_30d_count
        <= derived.active_days_31_90d_count
        * (1 - parameters.activity_drop_ratio) as has_activity_drop,
        derived.is_opened
        and derived.valid_60td_count > 0
        and derived.withdrawals_7d_cny >= greatest(
            parameters.large_withdrawal_cny,
            derived.assets_before_7d_cny * parameters.large_withdrawal_ratio
        ) as has_large_withdrawal,
        derived.is_opened and derived.has_high_churn as has_high_churn,
        derived.is_opened
        and (
            derived.assets_cny >= parameters.core_assets_cny
            or coalesce(
                derived.as_high_people_count
                <= derived.account_holders_count * parameters.core_value_ratio,
                false
            )
        ) as is_core,

        -- signs of life
        coalesce(derived.last_seen_alive_on = derived.as_of_date, false) as is_alive_today,
        derived.trades_60td_count > 0 as has_recent_trade,
        coalesce(derived.total_assets_cny - derived.cash_cny, 0) > 0 as has_position,

        -- when
        derived.is_trading_day,
        derived.last_funded_on,
        derived.last_traded_on,
        derived.active_days_30d_count,
        derived.as_of_date

    from derived
    cross join parameters

)

select * from judged
