{# Fails with each row whose value is below `least`; an empty value passes. #}
{% test value_at_least(model, column_name, least) %}

    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} < {{ least }}

{% endtest %}
