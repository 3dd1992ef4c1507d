{# What the twins of the tag models say of each tag, in the order of the codes; one empty entry while dbt only parses. #}
{% macro tag_entries() -%}
    {%- set entries = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.schema == 'tags' -%}
            {%- for column in node.columns.values() if column.meta.tag -%}
                {%- do entries.append({
                    'code': column.meta.tag.code, 'table': node.name, 'column': column.name,
                    'level_1_en': node.meta.level_1_en, 'level_1_zh': node.meta.level_1_zh,
                    'level_2_en': column.meta.level_2.en, 'level_2_zh': column.meta.level_2.zh,
                    'level_3_en': column.meta.level_3.en, 'level_3_zh': column.meta.level_3.zh,
                    'value_type': column.meta.tag.value_type, 'window': column.meta.tag.window,
                    'owner': column.meta.tag.owner,
                    'description': column.description | replace("'", "''"),
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- else -%}
        {%- do entries.append({'description': ''}) -%}
    {%- endif -%}
    {{ return(entries | sort(attribute='code') if execute else entries) }}
{%- endmacro %}
