{# Fails with each combination of `columns` that stands in more than one row or lacks a part. #}
{% test identifies_rows(model, columns) %}

    select
        {{ columns | join(', ') }},
        count(*) as rows_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {{ columns | join(' is null or ') }} is null

{% endtest %}
