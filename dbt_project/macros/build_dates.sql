{# Empties the dates that this night rebuilds, before they are filled again: delete+insert alone would leave the rows
   of a day for which nothing is selected any more. #}
{% macro clear_build_dates() -%}
    {%- if is_incremental() -%}
        {{ emptied(this) }}
    {%- endif -%}
{%- endmacro %}


{# The statement that empties the dates of the model's layer in a table that is there. #}
{% macro emptied(relation) -%}
    {{ adapter.dispatch('emptied')(relation) }}
{%- endmacro %}

{% macro default__emptied(relation) -%}
    delete from {{ relation }}
    where {{ model.config.meta.date_column }} in (
        select business_date from {{ ref('stg_control__build_dates') }} where layer = '{{ model.config.meta.layer }}'
    )
{%- endmacro %}

{# Overwriting leaves a partition for which no row is selected as it was: it goes first. #}
{% macro spark__emptied(relation) -%}
    {%- set dates = dates_to_build() -%}
    {%- if dates -%}
        alter table {{ relation }} drop if exists
        {%- for date in dates %}
            partition ({{ model.config.meta.date_column }} = date '{{ date }}'){{ ',' if not loop.last }}
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}


{# The dates of the model's layer that this night rebuilds, in order. #}
{% macro dates_to_build() -%}
    {%- set found = run_query(
        "select business_date from " ~ ref('stg_control__build_dates') ~ " where layer = '" ~ model.config.meta.layer
        ~ "' order by business_date asc nulls last"
    ) -%}
    {{ return(found.columns[0].values()) }}
{%- endmacro %}


{# Tells the orchestrator how many rows the finished table has. #}
{% macro report_row_count() -%}
    {%- if execute and flags.WHICH in ('build', 'run') and model.config.materialized != 'view' -%}
        {%- do log('row_count ' ~ run_query('select count(*) from ' ~ this).columns[0].values()[0], info=true) -%}
    {%- endif -%}
{%- endmacro %}
