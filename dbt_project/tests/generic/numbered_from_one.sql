{# Fails with each group whose numbers are not 1, 2, 3 and so on. #}
{% test numbered_from_one(model, group, number) %}

    select
        {{ group }},
        min({{ number }}) as least,
        max({{ number }}) as most,
        count(*) as rows_count
    from {{ model }}
    group by {{ group }}
    having min({{ number }}) <> 1 or max({{ number }}) <> count(*)

{% endtest %}
