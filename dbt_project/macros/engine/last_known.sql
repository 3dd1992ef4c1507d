{# The value of the row, else the last one before it that is known; `order` must tell rows apart. #}
{% macro last_known(value, partition, order) -%}
    {{ adapter.dispatch('last_known')(value) }} over (
        partition by {{ partition }}
        order by {{ order | join(' asc nulls last, ') }} asc nulls last
        rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro default__last_known(value) -%}
    last_value({{ value }}) ignore nulls
{%- endmacro %}

{% macro duckdb__last_known(value) -%}
    last_value({{ value }} ignore nulls)
{%- endmacro %}
