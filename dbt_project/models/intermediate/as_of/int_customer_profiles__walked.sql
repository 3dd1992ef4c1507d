-- One row per as_of_date and customer: the profile of the newest snapshot.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

profiles as (

    select *
    from {{ ref('int_customer_profiles__observed') }}
    where business_date = {{ today }}

),

customers as (

    select
        substr(node_id, 10) as customer_id,
        first_seen_on
    from {{ ref('int_identities__walked') }}
    where as_of_date = {{ today }} and node_rank = 1

),

told as (

    select
        profiles.customer_id,
        profiles.mobile,
        profiles.gender,
        profiles.province,
        profiles.branch_id,
        profiles.customer_source_type,
        profiles.investor_type,
        profiles.risk_level,
        profiles.born_on,
        profiles.risk_assessed_on,
        profiles.risk_expires_on,
        profiles.opened_on,
        profiles.closed_on
    from profiles

    union all

    select
        yesterday.customer_id,
        yesterday.mobile,
        yesterday.gender,
        yesterday.province,
        yesterday.branch_id,
        yesterday.customer_source_type,
        yesterday.investor_type,
        yesterday.risk_level,
        yesterday.born_on,
        yesterday.risk_assessed_on,
        yesterday.risk_expires_on,
        yesterday.opened_on,
        yesterday.closed_on
    from yesterday
    left join profiles on yesterday.customer_id = profiles.customer_id
    where profiles.customer_id is null

),

walked as (

    select
        -- keys
        customers.customer_id,

        -- who
        told.mobile,
        told.gender,
        told.province,
        told.branch_id,
        told.customer_source_type,
        told.investor_type,
        told.risk_level,

        -- when
        told.born_on,
        told.risk_assessed_on,
        told.risk_expires_on,
        -- a customer of whom no profile was delivered is open since first mentioned
        coalesce(told.opened_on, customers.first_seen_on) as opened_on,
        told.closed_on,
        customers.first_seen_on,
        {{ today }} as as_of_date

    from customers
    left join told on customers.customer_id = told.customer_id

)

select * from walked
