-- One row per as_of_date and person: the lifecycle stage, exactly one.
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

)

select
    person_id,
    stage_type,
    phase_type,
    activity_type,
    former_stage_type,
    previous_stage_type,
    entered_on,
    clear_td_count,
    as_of_date
from staged
