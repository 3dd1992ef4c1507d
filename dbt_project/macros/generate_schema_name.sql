{# A table stands in the schema of its layer, without a prefix: its address is the same in SQL, dbt and Dagster. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
