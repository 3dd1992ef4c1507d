-- One row per as_of_date and person with a churn score, as the model of that date gave it.
with

source as (

    select * from {{ source('ml', 'churn_scores') }}

),

renamed as (

    select
        -- keys
        person_id,

        -- what
        churn_score,
        base_ratio,
        reason_1_type,
        reason_2_type,
        reason_3_type,
        model_version,

        -- when
        as_of_date

    from source

)

select * from renamed
