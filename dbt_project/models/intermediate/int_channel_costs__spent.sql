-- One row per channel and business date on which money was spent on it.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

costs as (

    select * from {{ ref('stg_marketing__channel_costs') }}

),

spent as (

    select
        -- keys
        costs.channel_id,

        -- how much
        cast(sum(costs.impressions_count) as bigint) as impressions_count,
        cast(sum(costs.clicks_count) as bigint) as channel_clicks_count,
        cast(sum(costs.cost_cny) as decimal(18, 2)) as cost_cny,

        -- when
        costs.business_date

    from costs
    inner join rebuilt_dates on costs.business_date = rebuilt_dates.business_date
    group by costs.channel_id, costs.business_date

)

select * from spent
