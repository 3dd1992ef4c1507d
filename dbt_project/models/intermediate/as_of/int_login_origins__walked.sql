-- One row per as_of_date and login that was ever seen on a device: the first of its devices.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

pairs as (

    select *
    from {{ ref('int_login_devices__observed') }}
    where business_date = {{ today }}

),

first_seen as (

    select
        login_id,
        {{ earliest('device_id', ['first_seen_at', 'device_id']) }} as first_device_id
    from pairs
    group by login_id

),

walked as (

    select
        -- keys
        coalesce(yesterday.login_id, first_seen.login_id) as login_id,

        -- what
        coalesce(yesterday.first_device_id, first_seen.first_device_id) as first_device_id,

        -- when
        {{ today }} as as_of_date

    from yesterday
    full join first_seen on yesterday.login_id = first_seen.login_id

)

select * from walked
