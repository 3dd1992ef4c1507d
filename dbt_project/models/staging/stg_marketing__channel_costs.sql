-- One row per day and place of spending, on the dates to rebuild.
with

source as (

    select * from {{ source('marketing', 'channel_costs') }}

),

renamed as (

    select
        -- keys
        spent_on,
        channel_id,
        campaign,
        ad_group,
        creative,
        keyword,

        -- what
        impressions_count,
        clicks_count,
        cost_cny,
        currency_code,

        -- when
        business_date,
        delivery_date

    from source

)

select * from renamed
