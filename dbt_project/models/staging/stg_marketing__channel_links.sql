-- One row per promotion link, per delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('marketing', 'channel_links') }}

),

renamed as (

    select
        -- keys
        link_id,
        channel_id,

        -- what
        campaign,
        ad_group,
        creative,
        keyword,
        landing_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,

        -- when
        created_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
