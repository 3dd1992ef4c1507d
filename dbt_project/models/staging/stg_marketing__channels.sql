-- One row per channel, per delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('marketing', 'channels') }}

),

renamed as (

    select
        -- keys
        channel_id,

        -- what
        channel_name,
        channel_group_type,
        is_paid,
        owner,
        mandatory_parameters,

        -- when
        started_on,
        ended_on,
        business_date,
        delivery_date

    from source

)

select * from renamed
