-- One row per as_of_date, model and person scored by it, as the model of that date did.
with

source as (

    select * from {{ source('ml', 'lookalike_scores') }}

),

renamed as (

    select
        -- keys
        model_type,
        person_id,

        -- what
        lookalike_score,
        model_version,

        -- when
        as_of_date

    from source

)

select * from renamed
