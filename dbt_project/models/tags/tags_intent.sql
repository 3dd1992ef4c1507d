-- One row per as_of_date and person: the tags of intent.
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
        is_opened
        and deposit_views_14d_count > 0
        and coalesce(last_funded_on < {{ days_before('as_of_date', 13) }}, true)
            as has_deposit_intent,
        sector_views_30d_count + searches_30d_count > 0
        and watchlist_adds_30d_count > 0
        and not has_traded as has_trading_intent,
        margin_clicks_30d_count > 3 as has_margin_intent,
        withdrawal_views_14d_count > 0 as has_withdrawal_intent,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    has_deposit_intent,
    has_trading_intent,
    has_margin_intent,
    has_withdrawal_intent,
    as_of_date
from tagged
