-- One row per as_of_date and person: the tags of fund flow.
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
        has_funded,
        first_funded_on,
        deposits_30d_cny,
        withdrawals_30d_cny,
        net_inflow_90d_cny,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    has_funded,
    first_funded_on,
    deposits_30d_cny,
    withdrawals_30d_cny,
    net_inflow_90d_cny,
    as_of_date
from tagged
