-- One row per as_of_date and number of days after the first: who came back on exactly that day.
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

horizons as (

    select * from {{ ref('retention_horizons') }}

),

cohorts as (

    select
        persons.as_of_date,
        horizons.after_days,
        count(persons.person_id) as cohort_people_count,
        count(case when persons.last_active_on = persons.as_of_date then 1 end)
            as retained_people_count

    from persons
    inner join horizons
        on {{ days_between('persons.first_active_on', 'persons.as_of_date') }} = horizons.after_days
    group by persons.as_of_date, horizons.after_days

),

reported as (

    select
        rebuilt_dates.as_of_date,
        horizons.after_days,
        {{ days_before('rebuilt_dates.as_of_date', 'horizons.after_days') }} as cohort_on,
        coalesce(cohorts.cohort_people_count, 0) as cohort_people_count,
        coalesce(cohorts.retained_people_count, 0) as retained_people_count

    from rebuilt_dates
    cross join horizons
    left join cohorts
        on
            rebuilt_dates.as_of_date = cohorts.as_of_date
            and horizons.after_days = cohorts.after_days

)

select
    after_days,
    cohort_on,
    cohort_people_count,
    retained_people_count,
    {{ ratio('retained_people_count', 'cohort_people_count') }} as retention_ratio,
    as_of_date
from reported
