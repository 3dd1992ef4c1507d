-- One row per as_of_date and person with an open account: the tags of value.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

ranked as (

    select
        person_values.person_id,
        person_values.net_commission_365d_cny,
        coalesce(person_values.as_high_people_count, person_values.account_holders_count)
            as as_high_people_count,
        person_values.account_holders_count,
        person_values.as_of_date

    from {{ ref('int_person_values__ranked') }} as person_values
    inner join rebuilt_dates on person_values.as_of_date = rebuilt_dates.as_of_date

),

tagged as (

    select
        -- keys
        ranked.person_id,

        -- tags
        value_tiers.value_tier_code,
        ranked.net_commission_365d_cny,

        -- when
        ranked.as_of_date

    from ranked
    inner join {{ ref('value_tiers') }} as value_tiers
        on
            ranked.as_high_people_count > value_tiers.above_ratio * ranked.account_holders_count
            and ranked.as_high_people_count
            <= value_tiers.to_ratio * ranked.account_holders_count

)

select
    person_id,
    value_tier_code,
    net_commission_365d_cny,
    as_of_date
from tagged
