{# The value that stands last by `ordered_by`, NULLs passed over. The columns of `ordered_by` must tell rows apart. #}
{% macro latest(value, ordered_by) -%}
    {{ adapter.dispatch('latest')(value, ordered_by) }}
{%- endmacro %}

{% macro default__latest(value, ordered_by) -%}
    max_by({{ value }}, {{ nulls_last(ordered_by) }}) filter (where {{ value }} is not null)
{%- endmacro %}

{% macro duckdb__latest(value, ordered_by) -%}
    max_by({{ value }}, row({{ ordered_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}


{# The value that stands first by `ordered_by`, NULLs passed over. The columns of `ordered_by` must tell rows apart. #}
{% macro earliest(value, ordered_by) -%}
    {{ adapter.dispatch('earliest')(value, ordered_by) }}
{%- endmacro %}

{% macro default__earliest(value, ordered_by) -%}
    min_by({{ value }}, {{ nulls_last(ordered_by) }}) filter (where {{ value }} is not null)
{%- endmacro %}

{% macro duckdb__earliest(value, ordered_by) -%}
    min_by({{ value }}, row({{ ordered_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}


{# The columns as one value that is compared column by column, a NULL after everything else as in a row of DuckDB. #}
{% macro nulls_last(columns) -%}
    struct(
        {%- for column in columns %}{{ column }} is null, {{ column }}{{ ', ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}
