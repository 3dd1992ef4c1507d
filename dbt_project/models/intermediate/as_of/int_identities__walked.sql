-- One row per as_of_date and node: the person whom it stands for.
{% set today = walked_date() %}

with

yesterday as (

    select *
    from {{ this }}
    where as_of_date = {{ days_before(today, 1) }}

),

nodes as (

    select *
    from {{ ref('int_nodes__walked') }}
    where as_of_date = {{ today }}

),

anchored as (

    select
        nodes.node_id,
        nodes.node_rank,
        nodes.anchor_id,
        nodes.first_seen_on,
        yesterday.person_id as former_person_id

    from nodes
    left join yesterday on nodes.node_id = yesterday.node_id

),

-- Each former person goes on where its best node is.
claims as (

    select
        anchor_id,
        former_person_id,
        node_rank,
        first_seen_on,
        row_number() over (
            partition by former_person_id
            order by node_rank asc nulls last, first_seen_on asc nulls last, node_id asc nulls last
        ) as claim_rank

    from anchored
    where former_person_id is not null

),

-- Where several meet, the one with the best id stays, then the oldest; the others merge into it.
survivors as (

    select
        anchor_id,
        former_person_id as person_id,
        row_number() over (
            partition by anchor_id
            order by
                node_rank asc nulls last,
                first_seen_on asc nulls last,
                former_person_id asc nulls last
        ) as survivor_rank

    from claims
    where claim_rank = 1

),

-- Nobody goes on here: a new person, named by its first node, and by the day when split off.
first_nodes as (

    select
        anchor_id,
        case
            when first_seen_on < {{ today }} then node_id || ' ' || cast({{ today }} as varchar(10))
            else node_id
        end as first_text,
        row_number() over (
            partition by anchor_id
            order by first_seen_on asc nulls last, node_rank desc nulls last, node_id asc nulls last
        ) as age_rank

    from anchored

),

minted as (

    select
        anchor_id,
        'P' || substr(md5(first_text), 1, 16) as person_id

    from first_nodes
    where age_rank = 1

),

walked as (

    select
        -- keys
        anchored.node_id,
        coalesce(survivors.person_id, minted.person_id) as person_id,

        -- what
        anchored.node_rank,
        anchored.former_person_id,

        -- when
        anchored.first_seen_on,
        {{ today }} as as_of_date

    from anchored
    inner join minted on anchored.anchor_id = minted.anchor_id
    left join survivors on anchored.anchor_id = survivors.anchor_id and survivors.survivor_rank = 1

)

select * from walked
