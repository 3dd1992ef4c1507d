-- One row per customer and business date of a delivered snapshot.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

customers as (

    select * from {{ ref('stg_broker__customers') }}

),

observed as (

    select
        -- keys
        customers.customer_id,

        -- who
        customers.mobile,
        customers.gender,
        customers.province,
        customers.branch_id,
        customers.customer_source_type,
        customers.investor_type,
        customers.risk_level,
        customers.status,
        customers.is_employee,

        -- when
        customers.born_on,
        {{ local_date('customers.opened_at') }} as opened_on,
        {{ local_date('customers.closed_at') }} as closed_on,
        {{ local_date('customers.risk_assessed_at') }} as risk_assessed_on,
        customers.risk_expires_on,
        customers.business_date

    from customers
    inner join rebuilt_dates on customers.business_date = rebuilt_dates.business_date

)

select * from observed
