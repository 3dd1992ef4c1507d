-- One row per tag.
{# Every tag model is named, so that dbt builds them first; their twins are the dictionary. #}
{% set tag_models = [
    ref('tags_acquisition'), ref('tags_activity'), ref('tags_features'), ref('tags_intent'),
    ref('tags_account'), ref('tags_assets'), ref('tags_flows'), ref('tags_trading'), ref('tags_suitability'),
    ref('tags_lifecycle'), ref('tags_value'), ref('tags_model')
] %}
with

entries as (

    {% for entry in tag_entries() %}
        select
            '{{ entry.code }}' as tag_code,
            '{{ entry.table }}' as table_name,
            '{{ entry.column }}' as column_name,
            '{{ entry.level_1_en }}' as level_1_en,
            '{{ entry.level_1_zh }}' as level_1_zh,
            '{{ entry.level_2_en }}' as level_2_en,
            '{{ entry.level_2_zh }}' as level_2_zh,
            '{{ entry.level_3_en }}' as level_3_en,
            '{{ entry.level_3_zh }}' as level_3_zh,
            '{{ entry.value_type }}' as value_type,
            '{{ entry.window }}' as window_type,
            '{{ entry.owner }}' as responsible_team,
            '{{ entry.description }}' as tag_description
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    tag_code,
    table_name,
    column_name,
    level_1_en,
    level_1_zh,
    level_2_en,
    level_2_zh,
    level_3_en,
    level_3_zh,
    value_type,
    window_type,
    responsible_team,
    tag_description
from entries
order by tag_code asc nulls last
