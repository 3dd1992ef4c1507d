"""Pages about what is decided and taken in: campaigns, models, intake.

Belongs here: which published figures each page shows. Does not belong here: drawing (panels.py), statistics (ml).
"""

from __future__ import annotations

import streamlit as st

from dashboards.panels import Page


def campaigns(page: Page) -> None:
    """Show what campaigns have changed, who was refused, and what touches are credited with."""
    results, verdicts = "campaigns.rpt_campaign_results", "campaigns.fct_verdicts"
    changes, attribution = "campaigns.rpt_delivery_changes", "campaigns.rpt_attribution"
    found = page.table(
        "results",
        results,
        f"select campaign_code, names.title_{page.words.language} as campaign_name, assigned_count, waiting_count,"
        " control_count, control_successes_count, treatment_count, treatment_successes_count, difference,"
        f" difference_low, difference_high, delivered_count, opened_count, clicked_count from {results}"
        " join campaigns.dim_campaigns as names using (campaign_code)"
        f" where as_of_date = (select max(as_of_date) from {results}) order by campaign_code",
    )
    if found is not None:
        _say_what_it_means(page, results)
        told = found.dropna(subset=["difference_low", "difference_high"])
        if not told.empty:
            st.subheader(page.words.say("effect"))
            page.intervals(
                told, label="campaign_code", value="difference", low="difference_low", high="difference_high"
            )
    page.table(
        "refused",
        verdicts,
        f"select campaign_code, reason_type, count(distinct person_id) as people_count from {verdicts}"
        " where not is_allowed group by all order by campaign_code, people_count desc, reason_type",
    )
    page.table(
        "changes",
        changes,
        "select campaign_code, decided_on::varchar as decided_on, meant_count, no_longer_meant_count,"
        f" newly_meant_count from {changes} where as_of_date = (select max(as_of_date) from {changes})"
        " order by campaign_code, decided_on",
    )
    page.table(
        "attribution",
        attribution,
        "select model_type, channel_type, plan_id, sum(conversions_count)::bigint as conversions_count,"
        f" sum(credit_cny)::double as credit_cny from {attribution}"
        " group by all order by model_type, credit_cny desc, channel_type, plan_id",
    )


def _say_what_it_means(page: Page, results: str) -> None:
    newest = page.snapshot.ask(
        f"select campaign_code, waiting_count, is_comparable, sample_ratio_p_value from {results}"
        f" where as_of_date = (select max(as_of_date) from {results}) order by campaign_code"
    )
    for code, waiting, is_comparable, chance in newest.itertuples(index=False):
        if is_comparable is None or chance != chance:
            st.warning(page.words.say("waiting", code=code, count=waiting))
        elif is_comparable:
            st.success(page.words.say("comparable", code=code, p=chance))
        else:
            st.error(page.words.say("not_comparable", code=code, p=chance))


def models(page: Page) -> None:
    """Show which models were trained, how good they are, and whether people have changed since."""
    known, figures, scores, drift = (
        "ml.dim_models", "ml.fct_model_figures", "tags.tags_model", "ml.feature_drift",
    )  # fmt: skip
    page.table(
        "versions",
        known,
        "select model_type, model_version, trained_on::varchar as trained_on, effective_from::varchar as"
        f" effective_from, verdict_text from {known} order by trained_on desc, model_type",
    )
    page.table(
        "figures",
        figures,
        f"select model_type, model_version, figure_type, figure, figure_low, figure_high from {figures}"
        " order by model_version desc, model_type, figure_type",
    )
    page.table(
        "levels",
        scores,
        "select churn_level_type, count(*) as people_count, round(avg(churn_score), 4) as churn_score"
        f" from {scores} where churn_level_type is not null group by all order by churn_score desc",
    )
    page.table(
        "drift",
        drift,
        "select feature_name, round(stability_index, 3) as stability_index, is_drifted"
        f" from {drift} where as_of_date = (select max(as_of_date) from {drift})"
        " order by stability_index desc, feature_name limit 12",
    )


def intake(page: Page) -> None:
    """Show what was taken in, and what was held back and why."""
    deliveries, quarantine = "intake.rpt_deliveries", "intake.rpt_quarantine"
    page.table(
        "accounted",
        deliveries,
        "select source, table_name, sum(rows_read_count)::bigint as rows_read_count,"
        " sum(rows_loaded_count)::bigint as rows_loaded_count,"
        " sum(rows_quarantined_count)::bigint as rows_quarantined_count,"
        f" sum(rows_passed_over_count)::bigint as rows_passed_over_count from {deliveries}"
        " group by all order by source, table_name",
    )
    page.table(
        "held",
        quarantine,
        f"select source, table_name, rule_type, sum(rows_count)::bigint as rows_count from {quarantine}"
        " group by all order by rows_count desc, source, table_name, rule_type",
    )
