-- One row per as_of_date and person: the tags of activity.
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
        active_days_7d_count,
        active_days_30d_count,
        case
            when active_days_30d_count = 0 then 'none'
            when active_days_30d_count <= 3 then 'low'
            when active_days_30d_count <= 11 then 'mid'
            else 'high'
        end as activity_tier,
        launches_7d_count,
        {{ days_between('last_active_on', 'as_of_date') }} as inactive_days_count,
        silent_td_count,
        {{ ratio('session_seconds_30d', 'sessions_30d_count') }} as session_30d_mean_seconds,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    active_days_7d_count,
    active_days_30d_count,
    activity_tier,
    launches_7d_count,
    inactive_days_count,
    silent_td_count,
    session_30d_mean_seconds,
    as_of_date
from tagged
