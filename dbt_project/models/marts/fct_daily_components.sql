-- One row per as_of_date: the numerators and denominators of the indicators.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

people as (

    select
        as_of_date,
        count(case when first_active_on = as_of_date then 1 end) as new_people_count,
        count(case when registered_on = as_of_date then 1 end) as newly_registered_count,
        count(case when opened_on = as_of_date then 1 end) as newly_opened_count,
        count(case when opened_days_count = 30 then 1 end) as opened_30d_ago_count,
        count(case when opened_days_count = 30 and has_funded then 1 end)
            as opened_30d_ago_funded_count,
        count(case when opened_days_count = 30 and has_traded then 1 end)
            as opened_30d_ago_traded_count,
        count(case when last_active_on = as_of_date then 1 end) as active_people_count,
        count(case when active_days_30d_count > 0 then 1 end) as active_people_30d_count,
        count(case when last_active_on = as_of_date and is_registered then 1 end)
            as active_registered_count,
        count(case when last_traded_on = as_of_date then 1 end) as trading_people_count,
        count(case when has_funded then 1 end) as funded_people_count,
        cast(coalesce(sum(total_assets_cny), 0) as decimal(18, 2)) as total_assets_cny

    from {{ ref('int_persons__measured') }}
    where as_of_date in (select rebuilt_dates.as_of_date from rebuilt_dates)
    group by as_of_date

),

stages as (

    select
        as_of_date,
        sum(case when stage_type = 'dormant' then people_count end) as dormant_people_count,
        sum(case when stage_type = 'reactivated' then moved_in_count end)
            as newly_reactivated_count,
        sum(case when stage_type in ('dormant', 'silently_lost') then people_before_count end)
            as dormant_before_count

    from {{ ref('rpt_stage_flows') }}
    where as_of_date in (select rebuilt_dates.as_of_date from rebuilt_dates)
    group by as_of_date

),

money as (

    select
        business_date as as_of_date,
        cast(sum(turnover_cny) as decimal(18, 2)) as turnover_cny,
        cast(sum(net_commission_cny) as decimal(18, 2)) as net_commission_cny,
        cast(
            sum(
                deposits_cny + securities_in_cny - withdrawals_cny - securities_out_cny
            ) as decimal(18, 2)
        ) as net_inflow_cny

    from {{ ref('int_customer_days__rolled_up') }}
    where business_date in (select rebuilt_dates.as_of_date from rebuilt_dates)
    group by business_date

),

costs as (

    select
        business_date as as_of_date,
        cast(sum(impressions_count) as bigint) as impressions_count,
        cast(sum(channel_clicks_count) as bigint) as channel_clicks_count,
        cast(sum(cost_cny) as decimal(18, 2)) as cost_cny

    from {{ ref('int_channel_costs__spent') }}
    where business_date in (select rebuilt_dates.as_of_date from rebuilt_dates)
    group by business_date

),

counted as (

    select
        rebuilt_dates.as_of_date,
        coalesce(costs.cost_cny, 0) as cost_cny,
        coalesce(costs.channel_clicks_count, 0) as channel_clicks_count,
        coalesce(costs.impressions_count, 0) as impressions_count,
        coalesce(people.new_people_count, 0) as new_people_count,
        coalesce(people.newly_registered_count, 0) as newly_registered_count,
        coalesce(people.newly_opened_count, 0) as newly_opened_count,
        coalesce(people.opened_30d_ago_funded_count, 0) as opened_30d_ago_funded_count,
        coalesce(people.opened_30d_ago_count, 0) as opened_30d_ago_count,
        coalesce(people.opened_30d_ago_traded_count, 0) as opened_30d_ago_traded_count,
        coalesce(people.active_people_count, 0) as active_people_count,
        coalesce(people.active_people_30d_count, 0) as active_people_30d_count,
        coalesce(people.active_registered_count, 0) as active_registered_count,
        coalesce(people.trading_people_count, 0) as trading_people_count,
        coalesce(people.funded_people_count, 0) as funded_people_count,
        coalesce(stages.newly_reactivated_count, 0) as newly_reactivated_count,
        coalesce(stages.dormant_before_count, 0) as dormant_before_count,
        coalesce(money.net_inflow_cny, 0) as net_inflow_cny,
        coalesce(stages.dormant_people_count, 0) as dormant_people_count,
        coalesce(money.turnover_cny, 0) as turnover_cny,
        coalesce(money.net_commission_cny, 0) as net_commission_cny,
        coalesce(people.total_assets_cny, 0) as total_assets_cny

    from rebuilt_dates
    left join people on rebuilt_dates.as_of_date = people.as_of_date
    left join stages on rebuilt_dates.as_of_date = stages.as_of_date
    left join money on rebuilt_dates.as_of_date = money.as_of_date
    left join costs on rebuilt_dates.as_of_date = costs.as_of_date

)

select
    cast(cost_cny as decimal(18, 2)) as cost_cny,
    cast(channel_clicks_count as bigint) as channel_clicks_count,
    cast(impressions_count as bigint) as impressions_count,
    cast(new_people_count as bigint) as new_people_count,
    cast(newly_registered_count as bigint) as newly_registered_count,
    cast(newly_opened_count as bigint) as newly_opened_count,
    cast(opened_30d_ago_funded_count as bigint) as opened_30d_ago_funded_count,
    cast(opened_30d_ago_count as bigint) as opened_30d_ago_count,
    cast(opened_30d_ago_traded_count as bigint) as opened_30d_ago_traded_count,
    cast(active_people_count as bigint) as active_people_count,
    cast(active_people_30d_count as bigint) as active_people_30d_count,
    cast(active_registered_count as bigint) as active_registered_count,
    cast(trading_people_count as bigint) as trading_people_count,
    cast(funded_people_count as bigint) as funded_people_count,
    cast(newly_reactivated_count as bigint) as newly_reactivated_count,
    cast(dormant_before_count as bigint) as dormant_before_count,
    cast(net_inflow_cny as decimal(18, 2)) as net_inflow_cny,
    cast(dormant_people_count as bigint) as dormant_people_count,
    cast(turnover_cny as decimal(18, 2)) as turnover_cny,
    cast(net_commission_cny as decimal(18, 2)) as net_commission_cny,
    cast(total_assets_cny as decimal(18, 2)) as total_assets_cny,
    as_of_date
from counted
