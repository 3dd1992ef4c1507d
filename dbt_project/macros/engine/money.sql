{# An amount from a double, halves of a cent rounded away from zero. #}
{% macro money(value) -%}
    {{ adapter.dispatch('money')(value) }}
{%- endmacro %}

{# Spark rounds the digits that it would print, DuckDB what the cents are as a double: 2.675 is a little less than it
   prints. #}
{% macro default__money(value) -%}
    cast(cast(round(({{ value }}) * 100) as bigint) * 0.01 as decimal(18, 2))
{%- endmacro %}

{% macro duckdb__money(value) -%}
    cast({{ value }} as decimal(18, 2))
{%- endmacro %}
