-- One row per as_of_date and person whose lifecycle stage changed, or who came or went.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

staged as (

    select person_stages.*
    from {{ ref('fct_person_stages') }} as person_stages
    inner join rebuilt_dates on person_stages.as_of_date = rebuilt_dates.as_of_date

),

staged_before as (

    select
        earlier.person_id,
        earlier.stage_type,
        earlier.entered_on,
        rebuilt_dates.as_of_date

    from rebuilt_dates
    inner join {{ ref('fct_person_stages') }} as earlier
        on earlier.as_of_date = {{ days_before('rebuilt_dates.as_of_date', 1) }}

),

-- Where nodes of a person stand for another one now, and the reverse.
handovers as (

    select
        identities.person_id,
        identities.former_person_id,
        identities.as_of_date

    from {{ ref('int_identities__walked') }} as identities
    inner join rebuilt_dates on identities.as_of_date = rebuilt_dates.as_of_date
    where identities.former_person_id <> identities.person_id
    group by identities.person_id, identities.former_person_id, identities.as_of_date

),

merged as (

    select
        former_person_id as person_id,
        min(person_id) as into_person_id,
        as_of_date
    from handovers
    group by former_person_id, as_of_date

),

received as (

    select
        person_id,
        as_of_date
    from handovers
    group by person_id, as_of_date

),

changes as (

    select
        coalesce(staged.person_id, staged_before.person_id) as person_id,
        coalesce(staged.as_of_date, staged_before.as_of_date) as as_of_date,
        staged_before.stage_type as from_stage_type,
        staged.stage_type as to_stage_type,
        {{ days_between('staged_before.entered_on', 'staged_before.as_of_date') }}
            as stayed_days_count

    from staged
    full join staged_before
        on
            staged.person_id = staged_before.person_id
            and staged.as_of_date = staged_before.as_of_date
    where staged.stage_type is distinct from staged_before.stage_type

),

transitions as (

    select
        -- keys
        changes.person_id,

        -- what
        changes.from_stage_type,
        changes.to_stage_type,
        case
            when
                changes.from_stage_type is not null and changes.to_stage_type is not null
                then 'moved'
            when changes.to_stage_type is null and merged.person_id is not null then 'merged'
            when changes.to_stage_type is null then 'retired'
            when received.person_id is not null then 'split'
            else 'entered'
        end as transition_type,
        case when changes.to_stage_type is null then merged.into_person_id end as into_person_id,
        legal_moves.move_type is not null
        or changes.from_stage_type is null
        or changes.to_stage_type is null
        -- whoever was joined with somebody else on the day stands where both stand
        or received.person_id is not null as is_legal,
        changes.stayed_days_count,

        -- when
        changes.as_of_date

    from changes
    left join merged
        on changes.person_id = merged.person_id and changes.as_of_date = merged.as_of_date
    left join received
        on changes.person_id = received.person_id and changes.as_of_date = received.as_of_date
    left join {{ ref('legal_stage_moves') }} as legal_moves
        on
            changes.from_stage_type = legal_moves.from_stage_type
            and changes.to_stage_type = legal_moves.to_stage_type

)

select
    person_id,
    from_stage_type,
    to_stage_type,
    transition_type,
    into_person_id,
    is_legal,
    stayed_days_count,
    as_of_date
from transitions
