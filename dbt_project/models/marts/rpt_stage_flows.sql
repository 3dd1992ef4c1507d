-- One row per as_of_date and lifecycle stage: how many people are in it, came into it and left it.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

stages as (

    select * from {{ ref('stages') }}

),

needed_dates as (

    select as_of_date
    from rebuilt_dates

    union all

    select {{ days_before('as_of_date', 1) }} as as_of_date
    from rebuilt_dates

),

stocks as (

    select
        stage_type,
        as_of_date,
        count(*) as people_count
    from {{ ref('fct_person_stages') }}
    where as_of_date in (select needed_dates.as_of_date from needed_dates)
    group by stage_type, as_of_date

),

transitions as (

    select transitions.*
    from {{ ref('fct_stage_transitions') }} as transitions
    inner join rebuilt_dates on transitions.as_of_date = rebuilt_dates.as_of_date

),

came as (

    select
        to_stage_type as stage_type,
        as_of_date,
        count(case when transition_type = 'entered' then 1 end) as entered_count,
        count(case when transition_type = 'split' then 1 end) as split_count,
        count(case when transition_type = 'moved' then 1 end) as moved_in_count
    from transitions
    where to_stage_type is not null
    group by to_stage_type, as_of_date

),

went as (

    select
        from_stage_type as stage_type,
        as_of_date,
        count(case when transition_type = 'moved' then 1 end) as moved_out_count,
        count(case when transition_type = 'merged' then 1 end) as merged_count,
        count(case when transition_type = 'retired' then 1 end) as retired_count
    from transitions
    where from_stage_type is not null
    group by from_stage_type, as_of_date

),

flows as (

    select
        -- keys
        stages.stage_type,

        -- how many there are and were
        coalesce(stocks.people_count, 0) as people_count,
        coalesce(stocks_before.people_count, 0) as people_before_count,

        -- how many came and went
        coalesce(came.entered_count, 0) as entered_count,
        coalesce(came.split_count, 0) as split_count,
        coalesce(came.moved_in_count, 0) as moved_in_count,
        coalesce(went.moved_out_count, 0) as moved_out_count,
        coalesce(went.merged_count, 0) as merged_count,
        coalesce(went.retired_count, 0) as retired_count,

        -- when
        rebuilt_dates.as_of_date

    from rebuilt_dates
    cross join stages
    left join stocks
        on stages.stage_type = stocks.stage_type and rebuilt_dates.as_of_date = stocks.as_of_date
    left join stocks as stocks_before
        on
            stages.stage_type = stocks_before.stage_type
            and stocks_before.as_of_date = {{ days_before('rebuilt_dates.as_of_date', 1) }}
    left join came
        on stages.stage_type = came.stage_type and rebuilt_dates.as_of_date = came.as_of_date
    left join went
        on stages.stage_type = went.stage_type and rebuilt_dates.as_of_date = went.as_of_date

)

select
    stage_type,
    people_count,
    people_before_count,
    entered_count,
    split_count,
    moved_in_count,
    moved_out_count,
    merged_count,
    retired_count,
    as_of_date
from flows
