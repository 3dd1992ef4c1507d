-- One row per as_of_date and person: the tags of the lifecycle.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

staged as (

    select person_stages.*
    from {{ ref('int_person_stages__walked') }} as person_stages
    inner join rebuilt_dates on person_stages.as_of_date = rebuilt_dates.as_of_date

),

tagged as (

    select
        -- keys
        person_id,

        -- tags
        stage_type,
        phase_type,
        {{ days_between('entered_on', 'as_of_date') }} as stage_days_count,
        previous_stage_type,

        -- when
        as_of_date

    from staged

)

select
    person_id,
    stage_type,
    phase_type,
    stage_days_count,
    previous_stage_type,
    as_of_date
from tagged
