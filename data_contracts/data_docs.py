"""Data docs: the pages on which a person reads what the suites found, one page per table and batch.

Belongs here: writing a page and its summary, the index over them, and how many are kept.
Does not belong here: judging a batch (suite_runs.py).

The pages are rendered by Great Expectations. Its site builder is not used: its index needs scripts from the network
to show a single row, and its pages fetch their style there. Ours open from a disk without a network; they are named
by table and dates, so that the same batch, judged again, replaces its page.
"""

from __future__ import annotations

import copy
import html
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts.suite_runs import BatchVerdict

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

PAGES_KEPT = 30

_STYLE = """<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.4rem; } h2, h3, h4, h5 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { border-bottom: 1px solid #ddd; padding: .35rem .6rem; text-align: left; vertical-align: top; }
.failed, .text-danger { color: #b00020; } .passed, .text-success { color: #1b6e3c; }
.fa-check-circle::before { content: "✔"; } .fa-times::before { content: "✘"; } i { font-style: normal; }
.fa-exclamation-triangle::before { content: "!"; }
.sidebar, .col-md-2, nav, footer, .modal { display: none; }
</style>"""
_INDEX_HEAD = "<tr><th>batch</th><th>verdict</th><th>expectations</th><th>what failed</th></tr>"
# What a page would fetch from the network, and the scripts that are nothing without it.
_FETCHED = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*\bhref=\"https?:[^>]*>|<img\b[^>]*\bsrc=\"https?:[^>]*>|<footer\b.*?</footer>"
    r"|url\('https?:[^)]*\)",
    re.DOTALL,
)
# Links into a whole site, of which there is only the index, and a random number in an anchor.
_SITE_LINK = re.compile(r'href="(?:\.\./)+[^"]*"')
_RANDOM_ANCHOR = re.compile(r"(collapse-body)-[0-9a-f-]{36}")


def write_page(
    docs: Path, result: ExpectationSuiteValidationResult, verdict: BatchVerdict, *, dates: Sequence[date]
) -> Path:
    """Write the page of one result and its summary under `docs/<table>/`, and return the page's path."""
    from great_expectations.core.run_identifier import RunIdentifier

    batch = batch_name(dates)
    # Great Expectations would stamp the clock; a page says which batch it is about.
    shown = _escaped_result(result)
    shown.meta["run_id"] = RunIdentifier(
        run_name=batch, run_time=datetime.combine(max(dates, default=date.min), time(), UTC)
    )
    renderer, view = _renderer_and_view()
    rendered = view.render(renderer.render(shown), show_how_to_buttons=False)
    folder = docs / result.suite_name
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{batch}.html"
    _replace(page, _self_contained(rendered))
    summary = {"passed": verdict.passed, "evaluated": verdict.evaluated, "failures": list(verdict.failures)}
    _replace(page.with_suffix(".json"), json.dumps(summary, ensure_ascii=False, indent=1))
    return page


def build_docs(docs: Path) -> Path:
    """Write `docs/index.html` over the pages there, the newest batch of each table first, and return its path.

    Of each table the pages of the last `PAGES_KEPT` batches by date are kept.
    """
    docs.mkdir(parents=True, exist_ok=True)
    tables = []
    for folder in sorted(path for path in docs.iterdir() if path.is_dir()):
        summaries = sorted(folder.glob("*.json"), reverse=True)
        for outdated in summaries[PAGES_KEPT:]:
            outdated.unlink()
            outdated.with_suffix(".html").unlink(missing_ok=True)
        rows = "".join(_index_row(summary) for summary in summaries[:PAGES_KEPT])
        tables.append(f"<h2>{html.escape(folder.name)}</h2>\n<table>{_INDEX_HEAD}{rows}</table>\n")
    index = docs / "index.html"
    title = "What the expectations found"
    head = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{_STYLE}</head>'
    )
    _replace(index, f"{head}<body><h1>{title}</h1>\n{''.join(tables)}</body></html>\n")
    return index


def batch_name(dates: Sequence[date]) -> str:
    """Return a name that sorts by the last date: "2026-01-07" or "2026-01-07_from_2026-01-05_3_days"."""
    if not dates:
        return "0_days"
    first, last = min(dates), max(dates)
    return f"{last}" if first == last else f"{last}_from_{first}_{len(dates)}_days"


def _replace(file: Path, text: str) -> None:
    """Write at once or not at all: a killed run must not leave half a summary for the next index."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)


@cache
def _renderer_and_view() -> tuple[ValidationResultsPageRenderer, DefaultJinjaPageView]:
    """Return the two, made once: a view compiles its templates anew."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    return ValidationResultsPageRenderer(), DefaultJinjaPageView()


def _escaped_result(result: ExpectationSuiteValidationResult) -> ExpectationSuiteValidationResult:
    """Return a copy whose texts are HTML: the view puts what stood in the data into the page as it is."""
    shown = copy.deepcopy(result)
    for item in shown.results:
        item.result = _escaped(item.result)
        item.exception_info = _escaped(item.exception_info)
        if item.expectation_config is not None:
            item.expectation_config.description = _escaped(item.expectation_config.description)
    return shown


def _escaped(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _escaped(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_escaped(part) for part in value]
    return html.escape(value) if isinstance(value, str) else value


def _index_row(summary: Path) -> str:
    found = json.loads(summary.read_text(encoding="utf-8"))
    verdict = "passed" if found["passed"] else "failed"
    link = f"{summary.parent.name}/{summary.stem}.html"
    failures = "<br>".join(html.escape(failure) for failure in found["failures"])
    return (
        f'<tr><td><a href="{html.escape(link)}">{html.escape(summary.stem)}</a></td>'
        f'<td class="{verdict}">{verdict}</td><td>{found["evaluated"]}</td><td>{failures}</td></tr>\n'
    )


def _self_contained(page: str) -> str:
    page = _RANDOM_ANCHOR.sub(r"\1", _SITE_LINK.sub('href="../index.html"', _FETCHED.sub("", page)))
    return page.replace("</head>", f"{_STYLE}</head>", 1)
