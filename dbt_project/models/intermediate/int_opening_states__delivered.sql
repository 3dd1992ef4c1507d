-- One row per customer and business date on which the source told what came before.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

opening_states as (

    select * from {{ ref('stg_broker__opening_states') }}

),

delivered as (

    select
        -- keys
        opening_states.customer_id,

        -- what came before
        opening_states.has_funded,
        opening_states.has_invested,
        opening_states.peak_assets_cny,

        -- when
        opening_states.first_funded_on,
        opening_states.first_invested_on,
        opening_states.last_traded_on,
        opening_states.business_date

    from opening_states
    inner join rebuilt_dates on opening_states.business_date = rebuilt_dates.business_date

)

select * from delivered
