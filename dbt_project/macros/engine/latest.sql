{# The value that stands last by `ordered_by`, NULLs passed over. The columns of `ordered_by` must tell rows apart. #}
{% macro latest(value, ordered_by) -%}
    {{ adapter.dispatch('latest')(value, ordered_by) }}
{%- endmacro %}

{% macro default__latest(value, ordered_by) -%}
    max_by({{ value }}, struct({{ ordered_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}

{% macro duckdb__latest(value, ordered_by) -%}
    max_by({{ value }}, row({{ ordered_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}


{# The value that stands first by `ordered_by`, NULLs passed over. The columns of `ordered_by` must tell rows apart. #}
{% macro earliest(value, ordered_by) -%}
    {{ adapter.dispatch('earliest')(value, ordered_by) }}
{%- endmacro %}

{% macro default__earliest(value, ordered_by) -%}
    min_by({{ value }}, struct({{ ordered_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}

{% macro duckdb__earliest(value, ordered_by) -%}
    min_by({{ value }}, row({{ ordered_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}
