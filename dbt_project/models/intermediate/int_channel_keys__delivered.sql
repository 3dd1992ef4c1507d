-- One row per business date and link or channel that was delivered: the key of a channel.
with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

),

keys as (

    select
        'link:' || links.link_id as entry_id,
        {{ utm_key('links') }} as utm_key,
        links.channel_id,
        links.created_at,
        links.business_date
    from {{ ref('stg_marketing__channel_links') }} as links

    union all

    -- a known code stands for itself
    select
        'channel:' || channels.channel_id as entry_id,
        channels.channel_id as utm_key,
        channels.channel_id,
        cast(null as timestamp) as created_at,
        channels.business_date
    from {{ ref('stg_marketing__channels') }} as channels

),

delivered as (

    select
        -- keys
        keys.entry_id,
        keys.utm_key,
        keys.channel_id,

        -- when
        keys.created_at,
        keys.business_date

    from keys
    inner join rebuilt_dates on keys.business_date = rebuilt_dates.business_date

)

select * from delivered
