-- Warns with each rebuilt date and move between stages that cannot honestly happen.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_stage_transitions'}}}) }}

with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

)

select
    transitions.as_of_date,
    transitions.from_stage_type,
    transitions.to_stage_type,
    count(*) as people_count
from {{ ref('fct_stage_transitions') }} as transitions
inner join rebuilt_dates on transitions.as_of_date = rebuilt_dates.as_of_date
where not transitions.is_legal
group by transitions.as_of_date, transitions.from_stage_type, transitions.to_stage_type
