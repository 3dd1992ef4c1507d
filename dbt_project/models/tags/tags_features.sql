-- One row per as_of_date and person: the tags of feature use.
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
        quote_views_30d_count,
        watchlist_adds_30d_count,
        searches_30d_count,
        content_reads_30d_count,
        product_views_30d_count,

        -- when
        as_of_date

    from persons

)

select
    person_id,
    quote_views_30d_count,
    watchlist_adds_30d_count,
    searches_30d_count,
    content_reads_30d_count,
    product_views_30d_count,
    as_of_date
from tagged
