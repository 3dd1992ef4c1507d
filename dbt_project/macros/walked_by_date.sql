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
    {%- set queries = [] -%}
    {%- for date in dates -%}
        {%- do queries.append(sql | replace(walked_date(), "date '" ~ date ~ "'")) -%}
    {%- endfor %}
    {{ fill(target, queries) }}

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


{# The date that is being computed: in a model a date that no data has, replaced by each date in turn. #}
{% macro walked_date() -%}
    {%- do ref('stg_control__build_dates') -%} {# so that dbt knows what the materialization reads #}
    date '9999-12-31'
{%- endmacro %}
