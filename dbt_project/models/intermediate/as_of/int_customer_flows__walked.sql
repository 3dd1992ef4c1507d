-- One row per as_of_date and customer: money that came and went, in windows that end on the day.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

opening_states as (

    select *
    from {{ ref('int_opening_states__delivered') }}
    where business_date = {{ today }}

),

entering as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ today }}

),

leaving_7d as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ days_before(today, 7) }}

),

leaving_30d as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ days_before(today, 30) }}

),

leaving_90d as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ days_before(today, 90) }}

),

customers as (

    select substr(node_id, 10) as customer_id
    from {{ ref('int_identities__walked') }}
    where as_of_date = {{ today }} and node_rank = 1

),

walked as (

    select
        -- keys
        customers.customer_id,

        -- money: assets count as funded, whatever came before the first delivery
        coalesce(yesterday.has_funded, false)
        or coalesce(opening_states.has_funded, false)
        or coalesce(entering.deposits_cny + entering.securities_in_cny, 0) > 0
        or coalesce(entering.total_assets_cny, 0) > 0 as has_funded,
        coalesce(
            yesterday.first_funded_on,
            opening_states.first_funded_on,
            case
                when
                    not coalesce(yesterday.has_funded, opening_states.has_funded, false)
                    and entering.deposits_cny + entering.securities_in_cny > 0
                    then {{ today }}
            end
        ) as first_funded_on,
        coalesce(
            case when entering.deposits_cny + entering.securities_in_cny > 0 then {{ today }} end,
            yesterday.last_funded_on
        ) as last_funded_on,
        {{ slid('deposits_30d_cny', 'entering.deposits_cny', 'leaving_30d.deposits_cny') }}
            as deposits_30d_cny,
        {{ slid('withdrawals_7d_cny', 'entering.withdrawals_cny', 'leaving_7d.withdrawals_cny') }}
            as withdrawals_7d_cny,
        {{ slid('withdrawals_30d_cny', 'entering.withdrawals_cny', 'leaving_30d.withdrawals_cny') }}
            as withdrawals_30d_cny,
        {{ slid(
            'net_inflow_30d_cny',
            'entering.deposits_cny + entering.securities_in_cny'
            ~ ' - entering.withdrawals_cny - entering.securities_out_cny',
            'leaving_30d.deposits_cny + leaving_30d.securities_in_cny'
            ~ ' - leaving_30d.withdrawals_cny - leaving_30d.securities_out_cny'
        ) }} as net_inflow_30d_cny,
        {{ slid(
            'net_inflow_90d_cny',
            'entering.deposits_cny + entering.securities_in_cny'
            ~ ' - entering.withdrawals_cny - entering.securities_out_cny',
            'leaving_90d.deposits_cny + leaving_90d.securities_in_cny'
            ~ ' - leaving_90d.withdrawals_cny - leaving_90d.securities_out_cny'
        ) }} as net_inflow_90d_cny,

        -- when
        {{ today }} as as_of_date

    from customers
    left join yesterday on customers.customer_id = yesterday.customer_id
    left join opening_states on customers.customer_id = opening_states.customer_id
    left join entering on customers.customer_id = entering.customer_id
    left join leaving_7d on customers.customer_id = leaving_7d.customer_id
    left join leaving_30d on customers.customer_id = leaving_30d.customer_id
    left join leaving_90d on customers.customer_id = leaving_90d.customer_id

)

select * from walked
