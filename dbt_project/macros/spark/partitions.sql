{# What dbt's own incremental tables are partitioned by on Spark: the date that their layer is kept by. Its statements
   name the columns in the table's order, so that in a model the date may stand anywhere. #}
{% macro spark__partition_cols(label, required=false) -%}
    {%- if model.config.materialized == 'incremental' -%}
        {{ label }} ({{ model.config.meta.date_column }})
    {%- endif -%}
{%- endmacro %}
