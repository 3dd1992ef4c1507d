-- One row per as_of_date and person with a churn score: how likely churn is.
with

scores as (

    select * from {{ ref('stg_ml__churn_scores') }}

),

levelled as (

    select
        -- keys
        scores.person_id,

        -- what
        scores.churn_score,
        case
            when
                scores.churn_score >= least(
                    scores.base_ratio * cast(churn_parameters.high_base_multiple as double),
                    cast(churn_parameters.high_score_at_most as double)
                )
                then 'high'
            when scores.churn_score >= scores.base_ratio then 'medium'
            else 'low'
        end as churn_level_type,
        scores.reason_1_type,

        -- when
        scores.as_of_date

    from scores
    cross join {{ ref('churn_parameters') }} as churn_parameters

)

select * from levelled
