-- Warns with each rebuilt date and key of link parameters that was delivered for two channels.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_channel_keys__delivered'}}}) }}

with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'facts'

)

select
    channel_keys.business_date,
    channel_keys.utm_key,
    min(channel_keys.channel_id) as channel_id,
    max(channel_keys.channel_id) as other_channel_id
from {{ ref('int_channel_keys__delivered') }} as channel_keys
inner join rebuilt_dates on channel_keys.business_date = rebuilt_dates.business_date
where channel_keys.utm_key is not null
group by channel_keys.business_date, channel_keys.utm_key
having min(channel_keys.channel_id) <> max(channel_keys.channel_id)
