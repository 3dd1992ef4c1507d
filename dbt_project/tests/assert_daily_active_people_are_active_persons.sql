-- Fails with each rebuilt date on which the report and the persons, or the roll-up, disagree.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_daily_active_people'}}}) }}

with

rebuilt_dates as (

    select business_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

active_nodes as (

    select
        business_date,
        count(*) as nodes_count

    from {{ ref('int_node_days__rolled_up') }}
    where actions_count > 0
    group by business_date

),

active_persons as (

    select
        as_of_date,
        count(*) as persons_count

    from {{ ref('int_persons__measured') }}
    where last_active_on = as_of_date
    group by as_of_date

)

select
    rebuilt_dates.business_date,
    active_nodes.nodes_count,
    report.active_nodes_count,
    active_persons.persons_count,
    report.active_people_count
from rebuilt_dates
left join active_nodes on rebuilt_dates.business_date = active_nodes.business_date
left join active_persons on rebuilt_dates.business_date = active_persons.as_of_date
left join {{ ref('rpt_daily_active_people') }} as report
    on rebuilt_dates.business_date = report.business_date
where
    coalesce(active_nodes.nodes_count, 0) <> coalesce(report.active_nodes_count, 0)
    or coalesce(active_persons.persons_count, 0) <> coalesce(report.active_people_count, 0)
