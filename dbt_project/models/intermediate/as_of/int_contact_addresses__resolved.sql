-- One row per as_of_date, person and way by which they can be contacted.
with

identities as (

    select * from {{ ref('int_identities__walked') }}

),

logins as (

    select
        identities.person_id,
        {{ latest('substr(nodes.node_id, 7)', ['nodes.last_seen_on', 'nodes.node_id']) }}
            as recipient_token,
        nodes.as_of_date

    from {{ ref('int_nodes__walked') }} as nodes
    inner join identities
        on nodes.node_id = identities.node_id and nodes.as_of_date = identities.as_of_date
    where nodes.node_rank = 2
    group by identities.person_id, nodes.as_of_date

),

phones as (

    select
        identities.person_id,
        {{ latest('profiles.mobile', ['profiles.opened_on', 'profiles.customer_id']) }}
            as recipient_token,
        profiles.as_of_date

    from {{ ref('int_customer_profiles__walked') }} as profiles
    inner join identities
        on
            'customer:' || profiles.customer_id = identities.node_id
            and profiles.as_of_date = identities.as_of_date
    where profiles.closed_on is null or profiles.closed_on > profiles.as_of_date
    group by identities.person_id, profiles.as_of_date

),

resolved as (

    select
        person_id,
        'push' as touch_type,
        recipient_token,
        as_of_date
    from logins

    union all

    select
        person_id,
        'sms' as touch_type,
        recipient_token,
        as_of_date
    from phones
    where recipient_token is not null

    union all

    select
        person_id,
        'rm_call' as touch_type,
        recipient_token,
        as_of_date
    from phones
    where recipient_token is not null

)

select * from resolved
