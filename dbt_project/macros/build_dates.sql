{# Empties the dates that this night rebuilds, before they are filled again: delete+insert alone would leave the rows
   of a day for which nothing is selected any more. #}
{% macro clear_build_dates() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ model.config.meta.date_column }} in (
            select business_date from {{ ref('stg_control__build_dates') }} where layer = '{{ model.config.meta.layer }}'
        )
    {%- endif -%}
{%- endmacro %}


{# Tells the orchestrator how many rows the finished table has. #}
{% macro report_row_count() -%}
    {%- if execute and flags.WHICH in ('build', 'run') and model.config.materialized != 'view' -%}
        {%- do log('row_count ' ~ run_query('select count(*) from ' ~ this).columns[0].values()[0], info=true) -%}
    {%- endif -%}
{%- endmacro %}
