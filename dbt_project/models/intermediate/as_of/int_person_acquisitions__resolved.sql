-- One row per as_of_date and person who was ever active: from which channel, and how suspiciously.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

persons as (

    select persons.*
    from {{ ref('int_persons__measured') }} as persons
    inner join rebuilt_dates on persons.as_of_date = rebuilt_dates.as_of_date
    where persons.first_active_on is not null

),

channel_keys as (

    select * from {{ ref('int_channel_keys__walked') }}

),

origins as (

    select origins.*
    from {{ ref('int_login_origins__walked') }} as origins
    inner join rebuilt_dates on origins.as_of_date = rebuilt_dates.as_of_date

),

devices as (

    select
        first_device_id,
        as_of_date,
        count(*) as logins_count
    from origins
    group by first_device_id, as_of_date

),

-- How many logins began on the device of a person's own.
shared as (

    select
        identities.person_id,
        identities.as_of_date,
        max(devices.logins_count) as first_device_logins_count

    from {{ ref('int_identities__walked') }} as identities
    inner join origins
        on
            identities.node_id = 'login:' || origins.login_id
            and identities.as_of_date = origins.as_of_date
    inner join devices
        on
            origins.first_device_id = devices.first_device_id
            and origins.as_of_date = devices.as_of_date
    group by identities.person_id, identities.as_of_date

),

resolved as (

    select
        -- keys
        persons.person_id,

        -- from where
        case
            when persons.first_utm_source is null then 'organic'
            else coalesce(links.channel_id, codes.channel_id, 'unknown')
        end as channel_id,
        case
            when persons.first_utm_source is null then 'unsaid'
            when links.channel_id is not null then 'link'
            when codes.channel_id is not null then 'code'
            else 'unknown'
        end as channel_evidence_type,

        -- three logins that began on one device are one hand
        coalesce(shared.first_device_logins_count >= 3, false) as is_suspicious,

        -- when
        persons.first_active_on,
        persons.as_of_date

    from persons
    left join channel_keys as links
        on persons.first_utm_key = links.utm_key and persons.as_of_date = links.as_of_date
    left join channel_keys as codes
        on persons.first_utm_source = codes.utm_key and persons.as_of_date = codes.as_of_date
    left join shared
        on persons.person_id = shared.person_id and persons.as_of_date = shared.as_of_date

)

select * from resolved
