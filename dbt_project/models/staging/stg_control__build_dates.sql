-- One row per layer and business date that this night rebuilds.
with

source as (

    select * from {{ source('control', 'build_dates') }}

),

renamed as (

    select
        -- keys
        layer,
        business_date

    from source

)

select * from renamed
