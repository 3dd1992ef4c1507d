-- One row per as_of_date and person: the tags of account.
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
        is_opened,
        opened_days_count,
        case
            when not is_opened then null
            when coalesce(total_assets_cny, 0) < 1000 then 'none'
            when total_assets_cny < 10000 then 'base'
            else 'valid'
        end as account_validity_type,
        is_closed,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    is_opened,
    opened_days_count,
    account_validity_type,
    is_closed,
    as_of_date
from tagged
