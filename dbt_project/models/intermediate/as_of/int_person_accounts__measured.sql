-- One row per as_of_date and person with an account: money, trades and assets over all accounts.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

persons as (

    select
        identities.person_id,
        identities.as_of_date,
        substr(identities.node_id, 10) as customer_id

    from {{ ref('int_identities__walked') }} as identities
    inner join rebuilt_dates on identities.as_of_date = rebuilt_dates.as_of_date
    where identities.node_rank = 1

),

profiles as (

    select * from {{ ref('int_customer_profiles__walked') }}

),

flows as (

    select * from {{ ref('int_customer_flows__walked') }}

),

trades as (

    select * from {{ ref('int_customer_trades__walked') }}

),

assets as (

    select * from {{ ref('int_customer_assets__walked') }}

),

contributions as (

    select * from {{ ref('int_customer_contributions__walked') }}

),

peaks as (

    select * from {{ ref('int_customer_peaks__walked') }}

),

measured as (

    select
        -- keys
        persons.person_id,

        -- who, as the newest account says
        count(*) as accounts_count,
        min(case when profiles.closed_on <= persons.as_of_date then 1 else 0 end) = 1 as is_closed,
        {{ latest('profiles.gender', ['profiles.opened_on', 'persons.customer_id']) }} as gender,
        {{ latest('profiles.province', ['profiles.opened_on', 'persons.customer_id']) }}
            as province,
        {{ latest('profiles.branch_id', ['profiles.opened_on', 'persons.customer_id']) }}
            as branch_id,
        {{ latest('profiles.customer_source_type', ['profiles.opened_on', 'persons.customer_id']) }}
            as customer_source_type,
        {{ latest('profiles.investor_type', ['profiles.opened_on', 'persons.customer_id']) }}
            as investor_type,
        -- an assessment that lies ahead is not known yet
        {{ latest(
            'case when profiles.risk_assessed_on > persons.as_of_date then null else profiles.risk_level end',
            ['profiles.opened_on', 'persons.customer_id']
        ) }} as risk_level,
        {{ latest('profiles.risk_expires_on', ['profiles.opened_on', 'persons.customer_id']) }}
            as risk_expires_on,
        {{ latest('profiles.born_on', ['profiles.opened_on', 'persons.customer_id']) }} as born_on,

        -- money
        max(case when flows.has_funded then 1 else 0 end) = 1 as has_funded,
        cast(sum(flows.deposits_30d_cny) as decimal(18, 2)) as deposits_30d_cny,
        cast(sum(flows.withdrawals_7d_cny) as decimal(18, 2)) as withdrawals_7d_cny,
        cast(sum(flows.withdrawals_30d_cny) as decimal(18, 2)) as withdrawals_30d_cny,
        cast(sum(flows.net_inflow_30d_cny) as decimal(18, 2)) as net_inflow_30d_cny,
        cast(sum(flows.net_inflow_90d_cny) as decimal(18, 2)) as net_inflow_90d_cny,

        -- trades
        max(case when trades.has_invested then 1 else 0 end) = 1 as has_invested,
        max(case when trades.has_traded then 1 else 0 end) = 1 as has_traded,
        cast({{ days_counted('bit_or(trades.traded_days_bits)', 0, 60) }} as bigint)
            as traded_days_60d_count,
        cast(sum(trades.trades_30d_count) as bigint) as trades_30d_count,
        cast(sum(trades.trades_60td_count) as bigint) as trades_60td_count,
        cast(sum(trades.trades_90d_count) as bigint) as trades_90d_count,
        cast(sum(trades.turnover_90d_cny) as decimal(18, 2)) as turnover_90d_cny,
        cast(sum(trades.net_commission_90d_cny) as decimal(18, 2)) as net_commission_90d_cny,
        cast(sum(contributions.net_commission_365d_cny) as decimal(18, 2))
            as net_commission_365d_cny,
        cast(sum(contributions.net_commission_to_date_cny) as decimal(18, 2))
            as net_commission_to_date_cny,

        -- assets
        cast(sum(assets.cash_cny) as decimal(18, 2)) as cash_cny,
        cast(sum(assets.total_assets_cny) as decimal(18, 2)) as total_assets_cny,
        cast(sum(assets.net_assets_cny) as decimal(18, 2)) as net_assets_cny,
        cast(sum(assets.peak_assets_cny) as decimal(18, 2)) as peak_assets_cny,
        cast(sum(peaks.peak_assets_240td_cny) as decimal(18, 2)) as peak_assets_240td_cny,
        cast(sum(assets.assets_20td_sum_cny) as decimal(18, 2)) as assets_20td_sum_cny,
        max(assets.assets_20td_count) as assets_20td_count,
        max(assets.valid_60td_count) as valid_60td_count,
        max(assets.valid_240td_count) as valid_240td_count,

        -- when
        min(profiles.opened_on) as opened_on,
        min(flows.first_funded_on) as first_funded_on,
        max(flows.last_funded_on) as last_funded_on,
        min(trades.first_traded_on) as first_traded_on,
        max(trades.last_traded_on) as last_traded_on,
        persons.as_of_date

    from persons
    inner join profiles
        on persons.customer_id = profiles.customer_id and persons.as_of_date = profiles.as_of_date
    inner join flows
        on persons.customer_id = flows.customer_id and persons.as_of_date = flows.as_of_date
    inner join trades
        on persons.customer_id = trades.customer_id and persons.as_of_date = trades.as_of_date
    inner join assets
        on persons.customer_id = assets.customer_id and persons.as_of_date = assets.as_of_date
    inner join contributions
        on
            persons.customer_id = contributions.customer_id
            and persons.as_of_date = contributions.as_of_date
    inner join peaks
        on persons.customer_id = peaks.customer_id and persons.as_of_date = peaks.as_of_date
    group by persons.person_id, persons.as_of_date

)

select * from measured
