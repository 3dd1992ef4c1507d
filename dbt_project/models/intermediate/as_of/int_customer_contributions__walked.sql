-- One row per as_of_date and customer: what the broker earned until the day, and in its year.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

entering as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ today }}

),

leaving_365d as (

    select *
    from {{ ref('int_customer_days__rolled_up') }}
    where business_date = {{ days_before(today, 365) }}

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

        -- what
        {{ slid(
            'net_commission_365d_cny',
            'entering.net_commission_cny',
            'leaving_365d.net_commission_cny'
        ) }}
            as net_commission_365d_cny,
        coalesce(yesterday.net_commission_to_date_cny, 0)
        + coalesce(entering.net_commission_cny, 0) as net_commission_to_date_cny,

        -- when
        {{ today }} as as_of_date

    from customers
    left join yesterday on customers.customer_id = yesterday.customer_id
    left join entering on customers.customer_id = entering.customer_id
    left join leaving_365d on customers.customer_id = leaving_365d.customer_id

)

select * from walked
