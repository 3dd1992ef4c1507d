-- One row per as_of_date, first-touch channel and week of first visits: how far its people came.
with

-- A year of weeks; how older ones stood is told by older dates.
rebuilt_dates as (

    select
        business_date as as_of_date,
        {{ days_before(week_start('business_date'), 364) }} as first_week_on
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

people as (

    select
        acquisitions.channel_id,
        {{ week_start('acquisitions.first_active_on') }} as cohort_week_on,
        acquisitions.as_of_date,
        count(*) as people_count,
        count(case when persons.is_registered then 1 end) as registered_people_count,
        count(case when persons.is_opened then 1 end) as opened_people_count,
        count(case when persons.has_funded then 1 end) as funded_people_count,
        count(case when persons.is_opened and persons.has_traded then 1 end) as traded_people_count,
        count(case when persons.total_assets_cny >= 10000 then 1 end) as valid_people_count,
        count(case when acquisitions.is_suspicious then 1 end) as suspicious_people_count,
        cast(coalesce(sum(persons.total_assets_cny), 0) as decimal(18, 2)) as total_assets_cny,
        cast(sum(persons.net_commission_to_date_cny) as decimal(18, 2))
            as net_commission_to_date_cny

    from {{ ref('int_person_acquisitions__resolved') }} as acquisitions
    inner join rebuilt_dates
        on
            acquisitions.as_of_date = rebuilt_dates.as_of_date
            and acquisitions.first_active_on >= rebuilt_dates.first_week_on
    inner join {{ ref('int_persons__measured') }} as persons
        on
            acquisitions.person_id = persons.person_id
            and acquisitions.as_of_date = persons.as_of_date
    group by
        acquisitions.channel_id,
        {{ week_start('acquisitions.first_active_on') }},
        acquisitions.as_of_date

),

costs as (

    select
        channel_costs.channel_id,
        {{ week_start('channel_costs.business_date') }} as cohort_week_on,
        rebuilt_dates.as_of_date,
        cast(sum(channel_costs.channel_clicks_count) as bigint) as channel_clicks_count,
        cast(sum(channel_costs.cost_cny) as decimal(18, 2)) as cost_cny

    from {{ ref('int_channel_costs__spent') }} as channel_costs
    inner join rebuilt_dates
        on
            channel_costs.business_date >= rebuilt_dates.first_week_on
            and channel_costs.business_date <= rebuilt_dates.as_of_date
    group by
        channel_costs.channel_id,
        {{ week_start('channel_costs.business_date') }},
        rebuilt_dates.as_of_date

),

measured as (

    select
        -- keys
        coalesce(people.channel_id, costs.channel_id) as channel_id,
        coalesce(people.cohort_week_on, costs.cohort_week_on) as cohort_week_on,

        -- how far they came
        coalesce(people.people_count, 0) as people_count,
        coalesce(people.registered_people_count, 0) as registered_people_count,
        coalesce(people.opened_people_count, 0) as opened_people_count,
        coalesce(people.funded_people_count, 0) as funded_people_count,
        coalesce(people.traded_people_count, 0) as traded_people_count,
        coalesce(people.valid_people_count, 0) as valid_people_count,
        coalesce(people.suspicious_people_count, 0) as suspicious_people_count,

        -- what they are worth and what they cost
        coalesce(people.total_assets_cny, 0) as total_assets_cny,
        coalesce(people.net_commission_to_date_cny, 0) as net_commission_to_date_cny,
        coalesce(costs.channel_clicks_count, 0) as channel_clicks_count,
        coalesce(costs.cost_cny, 0) as cost_cny,

        -- when
        coalesce(people.as_of_date, costs.as_of_date) as as_of_date

    from people
    full join costs
        on
            people.channel_id = costs.channel_id
            and people.cohort_week_on = costs.cohort_week_on
            and people.as_of_date = costs.as_of_date

)

select * from measured
