-- One row per assignment of a relationship manager, per delivery, on the dates to rebuild.
with

source as (

    select * from {{ source('broker', 'relationship_managers') }}

),

renamed as (

    select
        -- keys
        customer_id,
        relationship_manager_id,
        branch_id,
        assigned_on,

        -- when
        released_on,
        business_date,
        delivery_date

    from source

)

select * from renamed
