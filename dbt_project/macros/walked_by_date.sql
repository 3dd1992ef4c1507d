{# Builds a table day by day in one run: each date of the layer is computed from the rows of the day before it.

   A model selects the rows of `walked_date()` and finds those of the day before in `{{ this }}`, by
   `as_of_date = day_before(walked_date())`. The first date finds none. Columns and types come from the twin, because
   the model reads the table before it has ever been filled. #}
{% materialization walked_by_date, default %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set columns = model.columns.values() | map(attribute='name') | join(', ') -%}
    {%- set date_column = model.config.meta.date_column -%}
    {%- set dates = run_query(
        "select business_date from " ~ ref('stg_control__build_dates') ~ " where layer = '" ~ model.config.meta.layer
        ~ "' order by business_date asc nulls last"
    ).columns[0].values() -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        create table if not exists {{ target }} (
            {%- for column in model.columns.values() %}
            {{ column.name }} {{ column.data_type }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- endcall %}
    {%- if existing is not none %}
        {% call statement('clear') -%}
            delete from {{ target }} where {{ date_column }} in (
                select business_date from {{ ref('stg_control__build_dates') }}
                where layer = '{{ model.config.meta.layer }}'
            )
        {%- endcall %}
    {%- endif %}
    {%- for date in dates %}
        {% call statement('walk') -%}
            insert into {{ target }} ({{ columns }})
            select {{ columns }} from ({{ sql | replace(walked_date(), "date '" ~ date ~ "'") }}) as walked
        {%- endcall %}
    {%- endfor %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# The date that is being computed: in a model a date that no data has, replaced by each date in turn. #}
{% macro walked_date() -%}
    {%- do ref('stg_control__build_dates') -%} {# so that dbt knows what the materialization reads #}
    date '9999-12-31'
{%- endmacro %}
