-- One row per person and tag that says something, on the newest date.
{# A view is published as it stands: the file of a version has another name than the build. #}
{% set tag_models = {
    'tags_acquisition': ref('tags_acquisition'), 'tags_activity': ref('tags_activity'),
    'tags_features': ref('tags_features'), 'tags_intent': ref('tags_intent'),
    'tags_account': ref('tags_account'), 'tags_assets': ref('tags_assets'),
    'tags_flows': ref('tags_flows'), 'tags_trading': ref('tags_trading'),
    'tags_suitability': ref('tags_suitability'), 'tags_lifecycle': ref('tags_lifecycle'),
    'tags_value': ref('tags_value'), 'tags_model': ref('tags_model')
} %}
with

newest as (

    select max(as_of_date) as as_of_date
    from {{ ref('tags_account').include(database=false) }}

),

long_tags as (

    {% for entry in tag_entries() %}
        select
            tags.person_id,
            '{{ entry.code }}' as tag_code,
            cast(tags.{{ entry.column or 'person_id' }} as varchar) as tag_value,
            tags.as_of_date
        from {{ tag_models[entry.table or 'tags_account'].include(database=false) }} as tags
        inner join newest on tags.as_of_date = newest.as_of_date
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    long_tags.person_id,
    long_tags.tag_code,
    tags.level_1_en,
    tags.level_2_en,
    tags.level_3_en,
    tags.level_1_zh,
    tags.level_2_zh,
    tags.level_3_zh,
    long_tags.tag_value,
    long_tags.as_of_date
from long_tags
inner join {{ ref('dim_tags').include(database=false) }} as tags
    on long_tags.tag_code = tags.tag_code
where long_tags.tag_value is not null
