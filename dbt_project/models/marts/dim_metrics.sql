-- One row per indicator.
select
    metric_code,
    pillar_type,
    name_en,
    name_zh,
    unit_type,
    better_direction_type,
    matures_after_days,
    numerator_name,
    denominator_name
from {{ ref('metrics') }}
