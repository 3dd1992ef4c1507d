-- One row per as_of_date and person: the tags of suitability.
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

tagged as (

    select
        -- keys
        person_id,

        -- tags
        risk_level,
        {{ days_between('as_of_date', 'risk_expires_on') }} as risk_expires_in_days,
        investor_type,
        case
            when investor_type = 'professional' then 'R5'
            when risk_expires_on < as_of_date then 'R1'
            when risk_level = 'C1_MIN' then 'R1'
            else replace(risk_level, 'C', 'R')
        end as most_suitable_risk_level,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    risk_level,
    risk_expires_in_days,
    investor_type,
    most_suitable_risk_level,
    as_of_date
from tagged
