-- One row per record sent by the app, web or mini-program SDK, on the dates to rebuild.
with

source as (

    select * from {{ source('app', 'events') }}

),

renamed as (

    select
        -- keys
        distinct_id,
        coalesce(
            login_id, identity_login_id, case when is_login_id then distinct_id end
        ) as login_id,
        coalesce(identity_anonymous_id, anonymous_id) as device_id,
        track_id,

        -- what happened
        record_type,
        event,
        screen_name,
        element_id,
        event_duration_seconds,
        is_first_day,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,

        -- on what
        os,
        os_version,
        device_model,
        app_version,

        -- when
        occurred_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
