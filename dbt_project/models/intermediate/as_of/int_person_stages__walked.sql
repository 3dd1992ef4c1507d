-- One row per as_of_date and person: the lifecycle stage, exactly one.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

parameters as (

    select * from {{ ref('stage_parameters') }}

),

conditions as (

    select *
    from {{ ref('int_stage_conditions__judged') }}
    where as_of_date = {{ today }}

),

-- Entering is at once; leaving takes several trading days without the condition.
remembered as (

    select
        conditions.*,
        parameters.hysteresis_td,
        parameters.reactivated_days,
        yesterday.stage_type as former_stage_type,
        yesterday.entered_on as former_entered_on,
        yesterday.previous_stage_type as former_previous_stage_type,
        conditions.has_outflow
        or conditions.has_activity_drop
        or conditions.has_large_withdrawal
        or conditions.has_high_churn as is_declining,
        case
            when yesterday.stage_type in ('declining', 'core')
                then
                    coalesce(yesterday.clear_td_count, 0)
                    + (case when conditions.is_trading_day then 1 else 0 end)
            else 0
        end as clear_td_count

    from conditions
    cross join parameters
    left join yesterday on conditions.person_id = yesterday.person_id

),

staged as (

    select
        *,
        case
            when is_closed then 'closed'
            when is_silently_lost then 'silently_lost'
            when
                former_stage_type in ('dormant', 'silently_lost') and is_alive_today
                then 'reactivated'
            when
                former_stage_type = 'reactivated'
                and {{ days_between('former_entered_on', today) }} <= reactivated_days
                then 'reactivated'
            when is_dormant then 'dormant'
            when is_declining then 'declining'
            when former_stage_type = 'declining' and clear_td_count < hysteresis_td then 'declining'
            when is_core then 'core'
            when former_stage_type = 'core' and clear_td_count < hysteresis_td then 'core'
            when has_invested and is_new then 'newly_invested'
            when has_invested then 'active'
            when has_funded then 'funded'
            when is_opened then 'opened'
            when is_registered then 'registered'
            else 'visitor'
        end as stage_type

    from remembered

),

walked as (

    select
        -- keys
        person_id,

        -- what
        stage_type,
        case
            when stage_type in ('opened', 'funded') and not is_new then 'at_risk'
            when
                stage_type in ('visitor', 'registered', 'opened', 'funded', 'newly_invested')
                then 'new'
            when stage_type in ('active', 'core', 'reactivated') then 'growing'
            else 'at_risk'
        end as phase_type,
        case
            when stage_type <> 'active' then null
            when has_recent_trade then 'trading'
            when has_position then 'holding'
            else 'browsing'
        end as activity_type,
        former_stage_type,
        case
            when stage_type = former_stage_type then former_previous_stage_type
            else former_stage_type
        end as previous_stage_type,

        -- since when
        case when stage_type = former_stage_type then former_entered_on else {{ today }} end
            as entered_on,
        case
            when stage_type = 'declining' and is_declining then 0
            when stage_type = 'core' and is_core then 0
            when stage_type = former_stage_type then clear_td_count
            else 0
        end as clear_td_count,
        {{ today }} as as_of_date

    from staged

)

select * from walked
