-- One row per as_of_date: how the people active in seven days compare with the seven before.
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

pulsed as (

    select
        as_of_date,
        case
            when active_days_7d_count = 0 and active_days_8_14d_count > 0 then 'dormant'
            when active_days_7d_count = 0 then 'absent'
            when first_active_on > {{ days_before('as_of_date', 7) }} then 'new'
            when active_days_8_14d_count > 0 then 'returning'
            else 'resurrecting'
        end as pulse_type

    from persons

),

counted as (

    select
        rebuilt_dates.as_of_date,
        count(case when pulsed.pulse_type = 'new' then 1 end) as new_people_count,
        count(case when pulsed.pulse_type = 'returning' then 1 end) as returning_people_count,
        count(case when pulsed.pulse_type = 'resurrecting' then 1 end) as resurrecting_people_count,
        count(case when pulsed.pulse_type = 'dormant' then 1 end) as dormant_people_count,
        count(case when pulsed.pulse_type in ('new', 'returning', 'resurrecting') then 1 end)
            as active_people_7d_count

    from rebuilt_dates
    left join pulsed on rebuilt_dates.as_of_date = pulsed.as_of_date
    group by rebuilt_dates.as_of_date

)

select
    new_people_count,
    returning_people_count,
    resurrecting_people_count,
    dormant_people_count,
    active_people_7d_count,
    {{ ratio('new_people_count + resurrecting_people_count', 'dormant_people_count') }}
        as quick_quotient,
    as_of_date
from counted
