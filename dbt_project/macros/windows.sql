{# A sum over a window that ends today: yesterday's, plus what enters, less what leaves. Integers and decimals only,
   which add up to the same whatever the order. #}
{% macro slid(sum, entering, leaving) -%}
    coalesce(yesterday.{{ sum }}, 0) + coalesce({{ entering }}, 0) - coalesce({{ leaving }}, 0)
{%- endmacro %}


{# The same for what a day counts as `<things>_count`, over so many days. #}
{% macro slid_count(things, days) -%}
    {{ slid(
        things ~ '_' ~ days ~ 'd_count',
        'entering.' ~ things ~ '_count',
        'leaving_' ~ days ~ 'd.' ~ things ~ '_count'
    ) }}
{%- endmacro %}
