{# Builds a table day by day in one run: each date of the layer is computed from the rows of the day before it.

   A model selects the rows of `walked_date()` and finds those of the day before in `{{ this }}`, by
   `as_of_date = day_before(walked_date())`. The first date finds none. Columns and types come from the twin, because
   the model reads the table before it has ever been filled. #}
{% materialization walked_by_date, default %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set dates = dates_to_build() -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        {{ empty_table(target) }}
    {%- endcall %}
    {%- if existing is not none and dates %}
        {% call statement('clear') -%}
            {{ emptied(target) }}
        {%- endcall %}
    {%- endif %}
    {%- for date in dates %}
        {% call statement('walk') -%}
            {{ inserted(target, sql | replace(walked_date(), "date '" ~ date ~ "'")) }}
        {%- endcall %}
    {%- endfor %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# The statement that makes the table that the twin describes, unless it is there. #}
{% macro empty_table(relation) -%}
    create table if not exists {{ relation }} (
        {%- for column in model.columns.values() %}
        {{ column.name }} {{ engine_type(column.data_type) }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) {{ kept_by_date() }}
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


{# The date that is being computed: in a model a date that no data has, replaced by each date in turn. #}
{% macro walked_date() -%}
    {%- do ref('stg_control__build_dates') -%} {# so that dbt knows what the materialization reads #}
    date '9999-12-31'
{%- endmacro %}
