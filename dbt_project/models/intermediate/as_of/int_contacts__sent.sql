-- One row per as_of_date and touch for marketing that was sent to a person within 30 days.
with

touches as (

    select * from {{ ref('int_touches__observed') }}

),

sent as (

    select
        -- keys
        touches.touch_id,
        identities.person_id,

        -- what
        touches.touch_type,

        -- when
        min(touches.sent_on) as sent_on,
        identities.as_of_date

    from touches
    inner join {{ ref('int_identities__walked') }} as identities
        on
            touches.node_id = identities.node_id
            and touches.business_date <= identities.as_of_date
            and touches.business_date > {{ days_before('identities.as_of_date', 30) }}
    where touches.sent_on is not null and touches.purpose_type = 'marketing'
    group by touches.touch_id, identities.person_id, touches.touch_type, identities.as_of_date

)

select * from sent
