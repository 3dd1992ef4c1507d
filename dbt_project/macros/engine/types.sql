{# The engine's own name of a type that a twin, a seed or a contract names as DuckDB does. #}
{% macro engine_type(type) -%}
    {{ adapter.dispatch('engine_type')(type) }}
{%- endmacro %}

{% macro default__engine_type(type) -%}
    {{ type }}
{%- endmacro %}

{% macro spark__engine_type(type) -%}
    {%- if type.endswith('[]') -%}
        array<{{ engine_type(type[:-2]) }}>
    {%- else -%}
        {{ 'string' if type | lower == 'varchar' else type }}
    {%- endif -%}
{%- endmacro %}


{# dbt's own cast, by which it learns what an enforced contract promises. #}
{% macro spark__cast(field, type) -%}
    cast({{ field }} as {{ engine_type(type) }})
{%- endmacro %}
