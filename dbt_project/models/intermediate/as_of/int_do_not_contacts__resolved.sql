-- One row per as_of_date and person who must not be contacted.
with

wishes as (

    select * from {{ ref('int_contact_wishes__told') }}

),

identities as (

    select * from {{ ref('int_identities__walked') }}

),

nodes as (

    select
        identities.person_id,
        identities.node_id,
        {{ latest('wishes.is_granted', ['wishes.changed_at', 'wishes.business_date']) }}
            as is_granted,
        identities.as_of_date

    from wishes
    inner join identities
        on
            wishes.node_id = identities.node_id
            and wishes.business_date <= identities.as_of_date
    where wishes.scope_type = 'any_contact'
    group by identities.person_id, identities.node_id, identities.as_of_date

),

resolved as (

    select
        -- keys
        person_id,

        -- when
        as_of_date

    from nodes
    where not is_granted
    group by person_id, as_of_date

)

select * from resolved
