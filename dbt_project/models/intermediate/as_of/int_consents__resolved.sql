-- One row per as_of_date, person and scope of consent: whether it is granted.
with

wishes as (

    select * from {{ ref('int_contact_wishes__told') }}

),

identities as (

    select * from {{ ref('int_identities__walked') }}

),

resolved as (

    select
        -- keys
        identities.person_id,
        wishes.scope_type,

        -- what
        {{ latest('wishes.is_granted', ['wishes.changed_at', 'wishes.node_id']) }} as is_granted,

        -- when
        identities.as_of_date

    from wishes
    inner join identities
        on
            wishes.node_id = identities.node_id
            and wishes.business_date <= identities.as_of_date
    where wishes.scope_type <> 'any_contact'
    group by identities.person_id, wishes.scope_type, identities.as_of_date

)

select * from resolved
