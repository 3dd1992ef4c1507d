"""Words: what the pages say, in English and Chinese.

Belongs here: every title, heading and sentence of a page. Does not belong here: words that tables bring along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: Mapping[str, Language] = {"English": "en", "中文": "zh"}

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Customer lifecycle", "客户生命周期"),
    "served": ("Version {sequence}, as of {as_of_date}", "版本 {sequence}，数据截至 {as_of_date}"),
    "missing": ("{table} is not in this version.", "本版本没有 {table}。"),
    "empty": ("{table} has no rows yet.", "{table} 暂无数据。"),
    "people": ("Stages", "生命周期阶段"),
    "opening": ("Opening funnel", "开户漏斗"),
    "channels": ("Channels", "渠道质量"),
    "retention": ("Retention", "留存与活跃"),
    "segments": ("Segments", "客户分群"),
    "campaigns": ("Campaigns", "营销活动"),
    "models": ("Models", "模型健康"),
    "intake": ("Intake", "数据接入"),
    "stock": ("People by stage", "各阶段人数"),
    "flows": ("Who came and went on the newest day", "最新一天的流入流出"),
    "moves": ("Moves on the newest day", "最新一天的阶段迁移"),
    "funnel": ("How far applications came", "开户申请到达的步骤"),
    "channel_quality": ("People by channel, over all weeks shown", "各渠道人数（全部周合计）"),
    "retained": ("Who came back after so many days", "若干天后回访"),
    "active": ("Active people by day", "每日活跃人数"),
    "pulse": ("The pulse of the week", "周脉搏"),
    "indicators": ("Indicators", "3A3R 指标"),
    "sizes": ("Members of each segment", "各分群人数"),
    "results": ("What a campaign has changed", "活动带来的变化"),
    "effect": (
        "Difference of the arms in the outcome, with the 95 % interval",
        "实验组与对照组的差异及95%区间",
    ),
    "comparable": (
        "{code}: the counts of the arms fit the planned split (p = {p:.3f}).",
        "{code}：两组人数符合计划比例（p = {p:.3f}）。",
    ),
    "not_comparable": (
        "{code}: the counts of the arms do not fit the planned split (p = {p:.4f}): do not trust the difference.",
        "{code}：两组人数不符合计划比例（p = {p:.4f}）：差异不可信。",
    ),
    "waiting": (
        "{code}: nobody's days for the outcome are over yet; {count} people wait.",
        "{code}：尚无人满结果期，{count} 人等待中。",
    ),
    "refused": ("Why people may not be contacted", "不可触达的原因"),
    "changes": (
        "What later rows would have changed; nothing is sent again",
        "迟到数据会带来的变化（不会重发）",
    ),
    "attribution": ("Credit for first deposits", "首次入金归因"),
    "versions": ("Models that were trained", "训练过的模型"),
    "figures": ("Figures of the test, with 95 % intervals", "测试指标及95%区间"),
    "levels": ("Churn scores of the newest date", "最新流失分"),
    "drift": ("Features by how far people are from those learned from", "特征漂移"),
    "accounted": ("Rows read are rows loaded plus rows quarantined", "读取行数 = 载入行数 + 隔离行数"),
    "held": ("Rows held back, by rule", "按规则隔离的行数"),
    "stage_type": ("stage", "阶段"),
    "people_count": ("people", "人数"),
    "people_before_count": ("the day before", "前一天人数"),
    "arrived_count": ("came", "流入"),
    "gone_count": ("left", "流出"),
    "from_stage_type": ("from", "原阶段"),
    "to_stage_type": ("to", "新阶段"),
    "step_no": ("step", "步骤"),
    "step_name": ("what it is", "步骤名称"),
    "reached_count": ("reached", "到达"),
    "previous_step_count": ("of", "上一步"),
    "conversion_ratio": ("share", "转化率"),
    "channel_id": ("channel", "渠道"),
    "opened_people_count": ("opened", "开户"),
    "funded_people_count": ("funded", "入金"),
    "traded_people_count": ("traded", "交易"),
    "cost_cny": ("cost, CNY", "成本（元）"),
    "after_days": ("days", "天数"),
    "retained_people_count": ("came back", "回访"),
    "cohort_people_count": ("of", "首日人数"),
    "retention_ratio": ("share", "留存率"),
    "new_people_count": ("new", "新增"),
    "returning_people_count": ("returning", "回访"),
    "resurrecting_people_count": ("back", "回流"),
    "dormant_people_count": ("gone quiet", "沉默"),
    "metric_code": ("code", "编码"),
    "metric_name": ("indicator", "指标"),
    "numerator_value": ("numerator", "分子"),
    "denominator_value": ("denominator", "分母"),
    "metric_value": ("value", "值"),
    "segment_code": ("segment", "分群"),
    "segment_name": ("name", "名称"),
    "members_count": ("members", "人数"),
    "entered_count": ("entered", "进入"),
    "left_count": ("left", "离开"),
    "campaign_code": ("campaign", "活动"),
    "campaign_name": ("name", "名称"),
    "assigned_count": ("assigned", "已分配"),
    "waiting_count": ("waiting", "等待中"),
    "control_count": ("control", "对照组"),
    "control_successes_count": ("of them succeeded", "对照组成功"),
    "treatment_count": ("treatment", "实验组"),
    "treatment_successes_count": ("of them succeeded (treatment)", "实验组成功"),
    "difference": ("difference", "差异"),
    "difference_low": ("at least", "下限"),
    "difference_high": ("at most", "上限"),
    "delivered_count": ("delivered", "送达"),
    "opened_count": ("opened (message)", "打开"),
    "clicked_count": ("clicked", "点击"),
    "reason_type": ("reason", "原因"),
    "decided_on": ("decided on", "决定日"),
    "meant_count": ("meant", "当时人数"),
    "no_longer_meant_count": ("not any more", "不再符合"),
    "newly_meant_count": ("in addition", "新增符合"),
    "model_type": ("model", "模型"),
    "channel_type": ("channel", "触达渠道"),
    "plan_id": ("plan", "计划"),
    "conversions_count": ("first deposits", "首次入金数"),
    "credit_cny": ("credit, CNY", "归因金额（元）"),
    "model_version": ("version", "版本"),
    "trained_on": ("trained on", "训练日"),
    "effective_from": ("serves from", "生效日"),
    "verdict_text": ("verdict", "结论"),
    "figure_type": ("figure", "指标"),
    "figure": ("value", "值"),
    "figure_low": ("at least (95 %)", "下限（95%）"),
    "figure_high": ("at most (95 %)", "上限（95%）"),
    "churn_level_type": ("level", "等级"),
    "churn_score": ("mean score", "平均分"),
    "feature_name": ("feature", "特征"),
    "stability_index": ("stability index", "稳定性指数"),
    "is_drifted": ("drifted", "是否漂移"),
    "source": ("source", "来源"),
    "table_name": ("table", "表"),
    "delivery_date": ("delivered on", "交付日"),
    "rows_read_count": ("read", "读取"),
    "rows_loaded_count": ("loaded", "载入"),
    "rows_quarantined_count": ("quarantined", "隔离"),
    "rows_passed_over_count": ("passed over", "略过"),
    "rule_type": ("rule", "规则"),
    "rows_count": ("rows", "行数"),
    "as_of_date": ("date", "日期"),
    "business_date": ("day", "日期"),
    "active_people_count": ("active people", "活跃人数"),
}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        """Speak `language`."""
        self.language: Language = language

    def say(self, key: str, **values: object) -> str:
        """Return the words for `key`; raises KeyError for one that has none."""
        english, chinese = WORDS[key]
        return (english if self.language == "en" else chinese).format(**values)
