-- One row per as_of_date and person: the tags of acquisition.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

persons as (

    select
        persons.*,
        acquisitions.channel_id as first_channel_id

    from {{ ref('int_persons__measured') }} as persons
    inner join rebuilt_dates on persons.as_of_date = rebuilt_dates.as_of_date
    left join {{ ref('int_person_acquisitions__resolved') }} as acquisitions
        on
            persons.person_id = acquisitions.person_id
            and persons.as_of_date = acquisitions.as_of_date

),

tagged as (

    select
        -- keys
        person_id,

        -- tags
        first_active_on,
        {{ days_between('first_active_on', 'as_of_date') }} as days_since_first_active_count,
        first_channel_id,
        os as primary_os,
        is_registered,
        {{ days_between('registered_on', 'as_of_date') }} as registered_days_count,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    first_active_on,
    days_since_first_active_count,
    first_channel_id,
    primary_os,
    is_registered,
    registered_days_count,
    as_of_date
from tagged
