-- One row per as_of_date that ends a month, and customer: the highest assets of the month.
with

month_ends as (

    select
        business_date as as_of_date,
        {{ month_start('business_date') }} as month_starts_on
    from {{ ref('stg_control__build_dates') }}
    where
        layer = 'as_of'
        and {{ month_start(days_before('business_date', -1)) }}
        = {{ days_before('business_date', -1) }}

),

trading_days as (

    select as_of_date as business_date
    from {{ ref('int_trading_days__numbered') }}
    where is_trading_day

),

-- What the books say of a trading day, and what came before, as of the day on which it is told.
told as (

    select
        customer_days.customer_id,
        customer_days.total_assets_cny as assets_cny,
        customer_days.business_date as told_on
    from {{ ref('int_customer_days__rolled_up') }} as customer_days
    inner join trading_days on customer_days.business_date = trading_days.business_date

    union all

    select
        customer_id,
        peak_assets_cny as assets_cny,
        business_date as told_on
    from {{ ref('int_opening_states__delivered') }}

),

peaked as (

    select
        -- keys
        told.customer_id,

        -- what
        max(told.assets_cny) as month_peak_assets_cny,

        -- when
        {{ latest('told.told_on', ['told.assets_cny', 'told.told_on']) }} as month_peaked_on,
        month_ends.as_of_date

    from told
    inner join month_ends
        on
            told.told_on >= month_ends.month_starts_on
            and told.told_on <= month_ends.as_of_date
    where told.assets_cny is not null
    group by told.customer_id, month_ends.as_of_date

)

select * from peaked
