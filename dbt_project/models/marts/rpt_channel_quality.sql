-- One row per as_of_date, first-touch channel and month of first visits: how far its people came.
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

acquired as (

    select
        person_id,
        as_of_date,
        coalesce(first_utm_source, 'organic') as channel_id,
        {{ month_start('first_active_on') }} as cohort_month_on,
        is_registered,
        is_opened,
        has_funded,
        has_traded,
        total_assets_cny

    from persons
    where first_active_on is not null

),

people as (

    select
        channel_id,
        cohort_month_on,
        as_of_date,
        count(*) as people_count,
        count(case when is_registered then 1 end) as registered_people_count,
        count(case when is_opened then 1 end) as opened_people_count,
        count(case when has_funded then 1 end) as funded_people_count,
        count(case when has_traded then 1 end) as traded_people_count,
        count(case when total_assets_cny >= 10000 then 1 end) as valid_people_count,
        cast(coalesce(sum(total_assets_cny), 0) as decimal(18, 2)) as total_assets_cny

    from acquired
    group by channel_id, cohort_month_on, as_of_date

),

costs as (

    select
        channel_costs.channel_id,
        {{ month_start('channel_costs.business_date') }} as cohort_month_on,
        rebuilt_dates.as_of_date,
        cast(sum(channel_costs.channel_clicks_count) as bigint) as channel_clicks_count,
        cast(sum(channel_costs.cost_cny) as decimal(18, 2)) as cost_cny

    from {{ ref('int_channel_costs__spent') }} as channel_costs
    inner join rebuilt_dates on channel_costs.business_date <= rebuilt_dates.as_of_date
    group by
        channel_costs.channel_id,
        {{ month_start('channel_costs.business_date') }},
        rebuilt_dates.as_of_date

),

joined as (

    select
        coalesce(people.channel_id, costs.channel_id) as channel_id,
        coalesce(people.cohort_month_on, costs.cohort_month_on) as cohort_month_on,
        coalesce(people.as_of_date, costs.as_of_date) as as_of_date,
        coalesce(people.people_count, 0) as people_count,
        coalesce(people.registered_people_count, 0) as registered_people_count,
        coalesce(people.opened_people_count, 0) as opened_people_count,
        coalesce(people.funded_people_count, 0) as funded_people_count,
        coalesce(people.traded_people_count, 0) as traded_people_count,
        coalesce(people.valid_people_count, 0) as valid_people_count,
        coalesce(people.total_assets_cny, 0) as total_assets_cny,
        coalesce(costs.channel_clicks_count, 0) as channel_clicks_count,
        coalesce(costs.cost_cny, 0) as cost_cny

    from people
    full join costs
        on
            people.channel_id = costs.channel_id
            and people.cohort_month_on = costs.cohort_month_on
            and people.as_of_date = costs.as_of_date

)

select
    channel_id,
    cohort_month_on,
    people_count,
    registered_people_count,
    opened_people_count,
    funded_people_count,
    traded_people_count,
    valid_people_count,
    total_assets_cny,
    channel_clicks_count,
    cost_cny,
    {{ ratio('opened_people_count', 'registered_people_count') }} as opening_conversion_ratio,
    {{ ratio('valid_people_count', 'opened_people_count') }} as valid_account_ratio,
    {{ ratio('traded_people_count', 'opened_people_count') }} as first_trade_ratio,
    cast({{ ratio('cost_cny', 'opened_people_count') }} as decimal(18, 2)) as cost_per_opening_cny,
    cast(
        {{ ratio('cost_cny', 'valid_people_count') }} as decimal(18, 2)
    ) as cost_per_valid_account_cny,
    as_of_date
from joined
