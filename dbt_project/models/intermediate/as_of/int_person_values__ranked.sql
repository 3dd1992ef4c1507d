-- One row per as_of_date and person with an open account: how many contribute as much or more.
with

rebuilt_dates as (

    select business_date as as_of_date
    from {{ ref('stg_control__build_dates') }}
    where layer = 'as_of'

),

account_holders as (

    select
        persons.person_id,
        persons.net_commission_365d_cny,
        persons.as_of_date

    from {{ ref('int_persons__measured') }} as persons
    inner join rebuilt_dates on persons.as_of_date = rebuilt_dates.as_of_date
    where persons.is_opened and not persons.is_closed

),

ranked as (

    select
        -- keys
        person_id,

        -- what
        net_commission_365d_cny,
        -- with those of equal contribution; whoever contributes nothing is counted nowhere
        case
            when net_commission_365d_cny > 0
                then
                    count(*) over (
                        partition by as_of_date
                        order by net_commission_365d_cny desc nulls last
                        range between unbounded preceding and current row
                    )
        end as as_high_people_count,
        count(*) over (partition by as_of_date) as account_holders_count,

        -- when
        as_of_date

    from account_holders

)

select * from ranked
