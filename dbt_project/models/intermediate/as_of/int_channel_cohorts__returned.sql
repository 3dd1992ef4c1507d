-- One row per as_of_date and channel with people who first came seven days before: who returned.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

acquisitions as (

    select acquisitions.*
    from {{ ref('int_person_acquisitions__resolved') }} as acquisitions
    inner join rebuilt_dates
        on
            acquisitions.as_of_date = rebuilt_dates.as_of_date
            and acquisitions.first_active_on = {{ days_before('rebuilt_dates.as_of_date', 7) }}

),

returned as (

    select
        -- keys
        acquisitions.channel_id,

        -- how many
        count(*) as day_7_cohort_count,
        count(case when persons.last_active_on = persons.as_of_date then 1 end)
            as day_7_retained_count,

        -- when
        acquisitions.first_active_on,
        acquisitions.as_of_date

    from acquisitions
    inner join {{ ref('int_persons__measured') }} as persons
        on
            acquisitions.person_id = persons.person_id
            and acquisitions.as_of_date = persons.as_of_date
    group by acquisitions.channel_id, acquisitions.first_active_on, acquisitions.as_of_date

)

select * from returned
