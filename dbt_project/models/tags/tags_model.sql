-- One row per as_of_date and person whom a model scored on the day: the tags that models give.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

churn as (

    select churn.*
    from {{ ref('int_churn_scores__levelled') }} as churn
    inner join rebuilt_dates on churn.as_of_date = rebuilt_dates.as_of_date

),

lookalikes as (

    select lookalikes.*
    from {{ ref('stg_ml__lookalike_scores') }} as lookalikes
    inner join rebuilt_dates on lookalikes.as_of_date = rebuilt_dates.as_of_date
    where lookalikes.model_type = 'lookalike_high_value'

),

scored as (

    select
        coalesce(churn.person_id, lookalikes.person_id) as person_id,
        churn.churn_score,
        churn.churn_level_type,
        churn.reason_1_type,
        lookalikes.lookalike_score,
        coalesce(churn.as_of_date, lookalikes.as_of_date) as as_of_date

    from churn
    full join lookalikes
        on churn.person_id = lookalikes.person_id and churn.as_of_date = lookalikes.as_of_date

),

-- Who is of high value is core; of medium value are those who contribute most after them.
valued as (

    select
        scored.*,
        case
            when conditions.is_core then 'high'
            when
                person_values.as_high_people_count <= person_values.account_holders_count
                * (stage_parameters.core_value_ratio + churn_parameters.medium_value_ratio)
                then 'medium'
            else 'low'
        end as value_type

    from scored
    cross join {{ ref('stage_parameters') }} as stage_parameters
    cross join {{ ref('churn_parameters') }} as churn_parameters
    left join {{ ref('int_stage_conditions__judged') }} as conditions
        on scored.person_id = conditions.person_id and scored.as_of_date = conditions.as_of_date
    left join {{ ref('int_person_values__ranked') }} as person_values
        on
            scored.person_id = person_values.person_id
            and scored.as_of_date = person_values.as_of_date

),

tagged as (

    select
        -- keys
        person_id,

        -- tags
        churn_score,
        churn_level_type,
        case
            when churn_level_type is not null
                then value_type || '_value_' || churn_level_type || '_churn'
        end as value_churn_type,
        reason_1_type as churn_reason_type,
        lookalike_score as high_value_lookalike_score,

        -- when
        as_of_date

    from valued

)

select
    person_id,
    churn_score,
    churn_level_type,
    value_churn_type,
    churn_reason_type,
    high_value_lookalike_score,
    as_of_date
from tagged
