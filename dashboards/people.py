"""Pages about people: stages, the opening funnel, channels, retention, segments.

Belongs here: which published figures each page shows. Does not belong here: drawing (panels.py), arithmetic but sums.
"""

from __future__ import annotations

from dashboards.panels import Page

_NEWEST = "as_of_date = (select max(as_of_date) from {table})"


def _newest(table: str) -> str:
    return _NEWEST.format(table=table)


def stages(page: Page) -> None:
    """Show people by stage, flows and moves."""
    flows, moves = "marts.rpt_stage_flows", "marts.fct_stage_transitions"
    page.lines(
        "stock",
        flows,
        f"select as_of_date, stage_type, people_count from {flows} order by all",
        x="as_of_date",
        y="people_count",
        series="stage_type",
    )
    page.table(
        "flows",
        flows,
        "select stage_type, people_before_count, entered_count + split_count + moved_in_count as arrived_count,"
        " moved_out_count + merged_count + retired_count as gone_count, people_count"
        f" from {flows} where {_newest(flows)} order by people_count desc, stage_type",
    )
    page.table(
        "moves",
        moves,
        f"select from_stage_type, to_stage_type, count(*) as people_count from {moves}"
        f" where {_newest(moves)} group by all order by people_count desc, from_stage_type, to_stage_type",
    )


def opening(page: Page) -> None:
    """Show how far applications for an account came."""
    table = "marts.rpt_opening_funnel"
    page.table(
        "funnel",
        table,
        f"select step_no, name_{page.words.language} as step_name, reached_count, previous_step_count,"
        f" conversion_ratio from {table} where {_newest(table)} order by flow_code, step_no",
    )


def channels(page: Page) -> None:
    """Show what each channel brought."""
    table = "marts.rpt_channel_quality"
    page.table(
        "channel_quality",
        table,
        "select channel_id, sum(people_count)::bigint as people_count,"
        " sum(opened_people_count)::bigint as opened_people_count,"
        " sum(funded_people_count)::bigint as funded_people_count,"
        " sum(traded_people_count)::bigint as traded_people_count, sum(cost_cny)::double as cost_cny"
        f" from {table} where {_newest(table)} group by channel_id order by people_count desc, channel_id",
    )


def retention(page: Page) -> None:
    """Show who comes back, the pulse of the week and the indicators."""
    retained, active = "marts.rpt_retention", "marts.rpt_daily_active_people"
    pulse, metrics = "marts.rpt_weekly_pulse", "marts.rpt_metrics"
    page.lines(
        "active",
        active,
        f"select business_date, active_people_count from {active} order by business_date",
        x="business_date",
        y="active_people_count",
    )
    page.table(
        "retained",
        retained,
        "select after_days, sum(retained_people_count)::bigint as retained_people_count,"
        " sum(cohort_people_count)::bigint as cohort_people_count,"
        " case when sum(cohort_people_count) > 0 then"
        " sum(retained_people_count)::double / sum(cohort_people_count)::double end as retention_ratio"
        f" from {retained} group by after_days order by after_days",
    )
    page.table(
        "pulse",
        pulse,
        "select as_of_date::varchar as as_of_date, new_people_count, returning_people_count,"
        f" resurrecting_people_count, dormant_people_count from {pulse} order by 1 desc limit 7",
    )
    page.table(
        "indicators",
        metrics,
        f"select metric_code, names.name_{page.words.language} as metric_name, numerator_value::double as"
        f" numerator_value, denominator_value::double as denominator_value, metric_value from {metrics}"
        f" join marts.dim_metrics as names using (metric_code) where {_newest(metrics)} order by metric_code",
    )


def segments(page: Page) -> None:
    """Show how many are in each segment."""
    table = "segments.rpt_segment_sizes"
    page.table(
        "sizes",
        table,
        f"select segment_code, names.name_{page.words.language} as segment_name, members_count, entered_count,"
        f" left_count from {table} join segments.dim_segments as names using (segment_code)"
        f" where {_newest(table)} order by segment_code",
    )
