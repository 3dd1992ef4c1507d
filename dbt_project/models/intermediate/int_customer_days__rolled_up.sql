-- One row per customer and business date with trades, movements of money or a closing of the books.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

trades as (

    select
        trades.customer_id,
        trades.business_date,
        count(*) as trades_count,
        cast(sum(trades.gross_amount_cny) as decimal(18, 2)) as turnover_cny,
        cast(sum(trades.net_commission_cny) as decimal(18, 2)) as net_commission_cny

    from {{ ref('stg_broker__trades') }} as trades
    inner join rebuilt_dates on trades.business_date = rebuilt_dates.business_date
    group by trades.customer_id, trades.business_date

),

flows as (

    select
        flows.customer_id,
        flows.business_date,
        cast(sum(case when flows.flow_type = 'bank_in' then flows.amount_cny end) as decimal(18, 2))
            as deposits_cny,
        cast(
            sum(case when flows.flow_type = 'bank_out' then flows.amount_cny end) as decimal(18, 2)
        )
            as withdrawals_cny,
        cast(
            sum(
                case
                    when flows.flow_type = 'transfer_security_in'
                        then coalesce(flows.transferred_value_cny, flows.amount_cny)
                end
            ) as decimal(18, 2)
        ) as securities_in_cny,
        cast(
            sum(
                case
                    when flows.flow_type = 'transfer_security_out'
                        then coalesce(flows.transferred_value_cny, flows.amount_cny)
                end
            ) as decimal(18, 2)
        ) as securities_out_cny

    from {{ ref('stg_broker__cash_flows') }} as flows
    inner join rebuilt_dates on flows.business_date = rebuilt_dates.business_date
    group by flows.customer_id, flows.business_date

),

assets as (

    select
        assets.customer_id,
        assets.business_date,
        assets.cash_cny,
        assets.total_assets_cny,
        assets.net_assets_cny

    from {{ ref('stg_broker__daily_assets') }} as assets
    inner join rebuilt_dates on assets.business_date = rebuilt_dates.business_date

),

customer_days as (

    select
        customer_id,
        business_date
    from trades

    union all

    select
        customer_id,
        business_date
    from flows

    union all

    select
        customer_id,
        business_date
    from assets

),

told_days as (

    select
        customer_id,
        business_date
    from customer_days
    group by customer_id, business_date

),

rolled_up as (

    select
        -- keys
        told_days.customer_id,

        -- what was traded
        coalesce(trades.trades_count, 0) as trades_count,
        coalesce(trades.turnover_cny, 0) as turnover_cny,
        coalesce(trades.net_commission_cny, 0) as net_commission_cny,

        -- what came and went
        coalesce(flows.deposits_cny, 0) as deposits_cny,
        coalesce(flows.withdrawals_cny, 0) as withdrawals_cny,
        coalesce(flows.securities_in_cny, 0) as securities_in_cny,
        coalesce(flows.securities_out_cny, 0) as securities_out_cny,

        -- what was there when the books closed
        assets.cash_cny,
        assets.total_assets_cny,
        assets.net_assets_cny,

        -- when
        told_days.business_date

    from told_days
    left join trades
        on
            told_days.customer_id = trades.customer_id
            and told_days.business_date = trades.business_date
    left join flows
        on
            told_days.customer_id = flows.customer_id
            and told_days.business_date = flows.business_date
    left join assets
        on
            told_days.customer_id = assets.customer_id
            and told_days.business_date = assets.business_date

)

select * from rolled_up
