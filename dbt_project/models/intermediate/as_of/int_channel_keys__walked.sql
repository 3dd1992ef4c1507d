-- One row per as_of_date and key: the channel to which it leads.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

delivered as (

    select *
    from {{ ref('int_channel_keys__delivered') }}
    where business_date = {{ today }}

),

-- What was delivered once stays known: people came by links that are no longer in use.
known as (

    select
        delivered.entry_id,
        delivered.utm_key,
        delivered.channel_id,
        delivered.created_at
    from delivered
    where delivered.utm_key is not null

    union all

    select
        yesterday.entry_id,
        yesterday.utm_key,
        yesterday.channel_id,
        yesterday.created_at
    from yesterday
    left join delivered on yesterday.entry_id = delivered.entry_id
    where delivered.entry_id is null

),

-- The oldest link keeps its parameters, so that a later one cannot change where somebody came from.
ranked as (

    select
        *,
        row_number() over (
            partition by utm_key
            order by created_at asc nulls last, entry_id asc nulls last
        ) as age_rank

    from known

),

walked as (

    select
        -- keys
        entry_id,
        utm_key,
        channel_id,

        -- when
        created_at,
        {{ today }} as as_of_date

    from ranked
    where age_rank = 1

)

select * from walked
