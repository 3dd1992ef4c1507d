{# The date so many calendar days before another. #}
{% macro days_before(date, days) -%}
    {{ adapter.dispatch('days_before')(date, days) }}
{%- endmacro %}

{% macro default__days_before(date, days) -%}
    date_sub({{ date }}, {{ days }})
{%- endmacro %}

{% macro duckdb__days_before(date, days) -%}
    ({{ date }} - {{ days }})
{%- endmacro %}


{# Calendar days from one date to a later one. #}
{% macro days_between(earlier, later) -%}
    {{ adapter.dispatch('days_between')(earlier, later) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}


{# The calendar day of a moment in the time zone of the business, which is UTC+8 without daylight saving. #}
{% macro local_date(moment) -%}
    cast({{ moment }} + interval 8 hour as date)
{%- endmacro %}


{# The first day of the month of a date. #}
{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}
