-- One row per as_of_date and person: the tags of trading.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

persons as (

    select persons.*
    from {{ ref('int_persons__measured') }} as persons
    inner join rebuilt_dates on persons.as_of_date = rebuilt_dates.as_of_date

),

tagged as (

    select
        -- keys
        person_id,

        -- tags
        has_traded,
        first_traded_on,
        case
            when trades_60td_count = 0 then 'none'
            when trades_60td_count <= 2 then 'low'
            when trades_60td_count <= 10 then 'mid'
            when trades_60td_count <= 30 then 'high'
            else 'very_high'
        end as trading_tier,
        turnover_90d_cny,
        {{ ratio('turnover_90d_cny', '2 * assets_20td_mean_cny') }} as turnover_90d_times,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    has_traded,
    first_traded_on,
    trading_tier,
    turnover_90d_cny,
    turnover_90d_times,
    as_of_date
from tagged
