"""Every page draws itself in both languages, also over a version that lacks what it shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import words
from dashboards.app_pages import PAGES
from dashboards.snapshot import NothingPublishedError, served
from tests.architecture.tree import PROJECT

TABLES = """
create schema marts; create schema campaigns; create schema ml; create schema tags; create schema intake;
create table campaigns.dim_campaigns as select 'CMP-001' as campaign_code, 'First' as title_en, '首次' as title_zh;
create table campaigns.rpt_campaign_results as select
    'CMP-001' as campaign_code, 200 as assigned_count, 0 as waiting_count, 40 as control_count,
    2 as control_successes_count, 160 as treatment_count, 40 as treatment_successes_count, 0.2 as difference,
    0.1 as difference_low, 0.3 as difference_high, 150 as delivered_count, 30 as opened_count, 20 as clicked_count,
    0.4 as sample_ratio_p_value, true as is_comparable, date '2026-02-01' as as_of_date;
create table campaigns.fct_verdicts as select
    'CMP-001' as campaign_code, 'p1' as person_id, false as is_allowed, 'unreachable' as reason_type;
create table ml.dim_models (
    model_type varchar, model_version varchar, trained_on date, effective_from date, verdict_text varchar
);
"""


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Give the worker its own main module back: Streamlit puts a page there, and a fork server would run it."""
    kept = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = kept


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "published" / "3"
    folder.mkdir(parents=True)
    with closing(duckdb.connect(folder / "lifecycle.duckdb")) as connection:
        connection.execute(TABLES)
    (folder / "manifest.json").write_text(
        json.dumps({"run": {"sequence": 3}, "content": {"as_of_date": "2026-02-01"}}), encoding="utf-8"
    )
    (tmp_path / "published" / "current").symlink_to("3")
    return tmp_path


def shown(home: Path, name: str, language: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Return a page as it is drawn in a language."""
    monkeypatch.setattr(sys, "argv", ["app", "--home", str(home), "--page", name])
    app = AppTest.from_file(str(PROJECT / "dashboards" / "app.py"), default_timeout=60).run()
    return app.sidebar.radio[0].set_value(language).run()


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_is_missing_and_never_fails(
    home: Path, name: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(home, name, language, monkeypatch)
    assert not app.exception
    assert app.title[0].value == words.Words(words.LANGUAGES[language]).say(name)
    assert app.subheader


def test_a_campaign_is_told_with_its_counts_and_whether_they_can_be_compared(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(home, "campaigns", "English", monkeypatch)
    assert [one.value for one in app.success] == [
        "CMP-001: the counts of the arms fit the planned split (p = 0.400)."
    ]
    table = app.table[0].value
    assert table["of them succeeded (treatment)"].tolist() == [40]
    assert "campaigns.rpt_attribution is not in this version." in [one.value for one in app.info]


def test_an_empty_table_is_told_apart_from_a_missing_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [one.value for one in shown(home, "models", "English", monkeypatch).info]
    assert told[0] == "ml.dim_models has no rows yet."
    assert told[1] == "ml.fct_model_figures is not in this version."


def test_a_home_where_nothing_is_published_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NothingPublishedError, match="run `lifecycle nightly` first"):
        served(tmp_path)
    monkeypatch.setattr(sys, "argv", ["app", "--home", str(tmp_path)])
    app = AppTest.from_file(str(PROJECT / "dashboards" / "app.py"), default_timeout=60).run()
    assert "nothing is published" in app.error[0].value


def test_every_word_is_said_in_both_languages() -> None:
    for key, (english, chinese) in words.WORDS.items():
        assert english, key
        assert any("一" <= letter <= "鿿" for letter in chinese), key
