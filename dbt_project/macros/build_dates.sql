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


{# How the engine keeps a table by date: DuckDB finds a date's rows without being told. #}
{% macro kept_by_date() -%}
    {{ adapter.dispatch('kept_by_date')() }}
{%- endmacro %}

{% macro default__kept_by_date() -%}
{%- endmacro %}

{% macro spark__kept_by_date() -%}
    using parquet partitioned by ({{ model.config.meta.date_column }})
{%- endmacro %}


{# Adds the rows of each query to the table that the twin describes, one after the other. What dbt does around a statement
   takes as long as a small date, so DuckDB is handed many at once; Spark takes one at a time. #}
{% macro fill(relation, queries) -%}
    {{ adapter.dispatch('fill')(relation, queries) }}
{%- endmacro %}

{% macro default__fill(relation, queries) -%}
    {%- for some in queries | batch(100) %}
        {% call statement('fill') -%}
            {%- for query in some %}
            {{ inserted(relation, query) }};
            {%- endfor %}
        {%- endcall %}
    {%- endfor %}
{%- endmacro %}

{% macro spark__fill(relation, queries) -%}
    {%- for query in queries %}
        {% call statement('fill') -%}
            {{ inserted(relation, query) }}
        {%- endcall %}
    {%- endfor %}
{%- endmacro %}


{# The statement that adds the rows of a query to the table that the twin describes. #}
{% macro inserted(relation, query) -%}
    {{ adapter.dispatch('inserted')(relation, query, model.columns.values() | map(attribute='name') | list) }}
{%- endmacro %}

{% macro default__inserted(relation, query, columns) -%}
    insert into {{ relation }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from ({{ query }}) as walked
{%- endmacro %}

{# By position, and the column of the partition stands last whatever the twin says. Overwriting clears what a killed
   run left in the folder of a partition that the catalogue does not know. #}
{% macro spark__inserted(relation, query, columns) -%}
    {%- set date_column = model.config.meta.date_column -%}
    insert overwrite table {{ relation }} partition ({{ date_column }})
    select {{ columns | reject('equalto', date_column) | join(', ') }}, {{ date_column }} from ({{ query }}) as walked
{%- endmacro %}


{# Tells the orchestrator how many rows the finished table has. #}
{% macro report_row_count() -%}
    {%- if execute and flags.WHICH in ('build', 'run') and model.config.materialized != 'view' -%}
        {%- do log('row_count ' ~ run_query('select count(*) from ' ~ this).columns[0].values()[0], info=true) -%}
    {%- endif -%}
{%- endmacro %}
