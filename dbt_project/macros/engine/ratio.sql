{# A quotient as a double, NULL when the denominator is 0; engines differ in dividing decimals and by zero. #}
{% macro ratio(numerator, denominator) -%}
    case when {{ denominator }} <> 0 then cast({{ numerator }} as double) / cast({{ denominator }} as double) end
{%- endmacro %}
