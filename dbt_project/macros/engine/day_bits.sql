{# Days as bits, today's the lowest, sixty of them: rows of several nodes join by OR, which counts a day once however
   many nodes were active on it. #}
{% macro days_moved_on(bits, is_today) -%}
    {{ adapter.dispatch('days_moved_on')(bits, is_today) }}
{%- endmacro %}

{% macro default__days_moved_on(bits, is_today) -%}
    (shiftleft(coalesce({{ bits }}, 0) & {{ 2 ** 59 - 1 }}, 1) | cast(case when {{ is_today }} then 1 else 0 end as bigint))
{%- endmacro %}

{% macro duckdb__days_moved_on(bits, is_today) -%}
    (((coalesce({{ bits }}, 0) & {{ 2 ** 59 - 1 }}) << 1) | cast(case when {{ is_today }} then 1 else 0 end as bigint))
{%- endmacro %}


{# How many of the days from `first` to before `last` are set; 0 is today. #}
{% macro days_counted(bits, first, last) -%}
    bit_count({{ bits }} & {{ 2 ** last - 2 ** first }})
{%- endmacro %}
