-- One row per as_of_date and indicator, with the two parts that its value is made of.
{% set component_names = [
    'cost_cny',
    'channel_clicks_count',
    'impressions_count',
    'new_people_count',
    'newly_registered_count',
    'newly_opened_count',
    'opened_30d_ago_funded_count',
    'opened_30d_ago_count',
    'opened_30d_ago_traded_count',
    'active_people_count',
    'active_people_30d_count',
    'active_registered_count',
    'trading_people_count',
    'funded_people_count',
    'newly_reactivated_count',
    'dormant_before_count',
    'net_inflow_cny',
    'dormant_people_count',
    'turnover_cny',
    'net_commission_cny',
    'total_assets_cny',
] %}
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

metrics as (

    select * from {{ ref('dim_metrics') }}

),

components as (

    select components.*
    from {{ ref('fct_daily_components') }} as components
    inner join rebuilt_dates on components.as_of_date = rebuilt_dates.as_of_date

),

long_components as (

    {% for name in component_names %}
        select
            as_of_date,
            '{{ name }}' as component_name,
            cast({{ name }} as decimal(20, 2)) as component_value
        from components
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

joined as (

    select
        metrics.metric_code,
        numerators.as_of_date,
        metrics.denominator_name,
        numerators.component_value as numerator_value,
        denominators.component_value as denominator_value

    from metrics
    inner join long_components as numerators on metrics.numerator_name = numerators.component_name
    left join long_components as denominators
        on
            metrics.denominator_name = denominators.component_name
            and numerators.as_of_date = denominators.as_of_date

)

select
    metric_code,
    numerator_value,
    denominator_value,
    case
        when denominator_name is null then cast(numerator_value as double)
        else {{ ratio('numerator_value', 'denominator_value') }}
    end as metric_value,
    as_of_date
from joined
