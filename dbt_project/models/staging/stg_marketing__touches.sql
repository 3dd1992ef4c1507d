-- One row per change of a touch, on the dates to rebuild.
with

source as (

    select * from {{ source('marketing', 'touches') }}

),

renamed as (

    select
        -- keys
        touch_id,
        updated_at,
        message_id,
        plan_id,
        node_id as journey_node_id,
        customer_id,
        login_id,
        template_id,

        -- what
        touch_type,
        purpose_type,
        arm_type,
        failure_code,
        abort_type,
        cost_cny,

        -- when
        prepared_at,
        sent_at,
        delivered_at,
        message_opened_at,
        clicked_at,
        business_date,
        delivery_date

    from source

)

select * from renamed
