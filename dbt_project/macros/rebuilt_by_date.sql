{# Builds the dates of the model's layer anew in a table that keeps the others: they are emptied, then filled, so that a
   day which lost all its rows becomes empty.

   The model reads its dates from stg_control__build_dates. With `meta.dates_at_once: few` it is asked for a block of them
   after the other: what a night needs in memory is then a matter of how many people there are, not of how many dates. #}
{% materialization rebuilt_by_date, default %}
    {%- set target = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif %}
    {% call statement('main') -%}
        {{ empty_table_of(target, sql) if load_cached_relation(this) is none else emptied(target) }}
    {%- endcall %}
    {{ fill(target, queries_to_fill_from(sql)) }}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# The statement that makes the table that a query fills. #}
{% macro empty_table_of(relation, query) -%}
    create table {{ relation }} {{ kept_by_date() }} as
    select {{ model.columns.values() | map(attribute='name') | join(', ') }} from ({{ query }}) as described
    limit 0
{%- endmacro %}


{# The model's query, once or once per block of dates. Spark divides what it does by itself. #}
{% macro queries_to_fill_from(query) -%}
    {{ return(adapter.dispatch('queries_to_fill_from')(query)) }}
{%- endmacro %}

{% macro default__queries_to_fill_from(query) -%}
    {%- if model.config.meta.dates_at_once == 'all' -%}
        {{ return([query]) }}
    {%- endif -%}
    {%- set all_dates = ref('stg_control__build_dates') | string -%}
    {%- set queries = [] -%}
    {%- for block in blocks_of(dates_to_build()) -%}
        {%- set few_dates = "(select * from " ~ all_dates ~ " where business_date between date '" ~ block[0]
            ~ "' and date '" ~ block[-1] ~ "')" -%}
        {%- do queries.append(query | replace(all_dates, few_dates)) -%}
    {%- endfor -%}
    {{ return(queries) }}
{%- endmacro %}

{% macro spark__queries_to_fill_from(query) -%}
    {{ return([query]) }}
{%- endmacro %}


{# Dates in blocks, each of so many that the largest table so far has about `rows_at_once` rows on them. #}
{% macro blocks_of(dates) -%}
    {%- set largest_count = run_query("select coalesce(max(estimated_size), 0) from duckdb_tables()").columns[0].values()[0] -%}
    {%- set dates_count = [dates | length * var('rows_at_once') // [largest_count | int, 1] | max, 1] | max -%}
    {%- set blocks = [] -%}
    {%- for start in range(0, dates | length, dates_count) -%}
        {%- do blocks.append(dates[start:start + dates_count]) -%}
    {%- endfor -%}
    {{ return(blocks) }}
{%- endmacro %}
