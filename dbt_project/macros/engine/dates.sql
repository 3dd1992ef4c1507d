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
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}


{# The calendar day of a moment in the time zone of the business, which is UTC+8 without daylight saving. #}
{% macro local_date(moment) -%}
    cast({{ moment }} + interval 8 hour as date)
{%- endmacro %}


{# The Monday of the week of a date. #}
{% macro week_start(date) -%}
    cast(date_trunc('week', {{ date }}) as date)
{%- endmacro %}


{# The first day of the month of a date. #}
{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}


{# The moment that is so many days of 24 hours after another; NULL when one of the two is. #}
{% macro days_after(moment, days) -%}
    {{ adapter.dispatch('days_after')(moment, days) }}
{%- endmacro %}

{% macro default__days_after(moment, days) -%}
    {{ moment }} + make_interval(0, 0, 0, {{ days }})
{%- endmacro %}

{% macro duckdb__days_after(moment, days) -%}
    {{ moment }} + to_days({{ days }})
{%- endmacro %}


{# Whole seconds from one moment to another, what is left over cut off. #}
{% macro seconds_between(earlier, later) -%}
    {{ adapter.dispatch('seconds_between')(earlier, later) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    timestampdiff(second, {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    date_sub('second', {{ earlier }}, {{ later }})
{%- endmacro %}
