{# The five parameters by which a link says where a visit comes from, as one key; NULL without a source. #}
{% macro utm_key(relation) -%}
    case
        when {{ relation }}.utm_source is not null
            then
                md5(
                    {{ relation }}.utm_source
                    || '&' || coalesce({{ relation }}.utm_medium, '')
                    || '&' || coalesce({{ relation }}.utm_campaign, '')
                    || '&' || coalesce({{ relation }}.utm_content, '')
                    || '&' || coalesce({{ relation }}.utm_term, '')
                )
    end
{%- endmacro %}
