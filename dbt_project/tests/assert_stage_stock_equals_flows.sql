-- Fails with each rebuilt date and stage whose people do not follow from the day before.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_stage_flows'}}}) }}

with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

)

select
    flows.as_of_date,
    flows.stage_type,
    flows.people_count
from {{ ref('rpt_stage_flows') }} as flows
inner join rebuilt_dates on flows.as_of_date = rebuilt_dates.as_of_date
where
    flows.people_count
    <> flows.people_before_count
    + flows.entered_count
    + flows.split_count
    + flows.moved_in_count
    - flows.moved_out_count
    - flows.merged_count
    - flows.retired_count
