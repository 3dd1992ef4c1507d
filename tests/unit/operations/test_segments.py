"""Segments are read from their files, and what cannot be used is told with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.document import ContractError
from operations.segments import FOLDER, SizeGuard, load_segment, load_segments
from operations.tags import Tag, TagDictionary, TagKind
from orchestration.dbt_models import load_manifest
from orchestration.prepare import MANIFEST
from orchestration.tag_dictionary import read_tag_dictionary

TAGS = TagDictionary([
    Tag("T0201", "is_opened", "tags_account", TagKind.YES_NO),
    Tag("T0202", "opened_days_count", "tags_account", TagKind.NUMBER),
])  # fmt: skip
GOOD = """\
segment: newly_opened
code: SEG-N01
title: {en: Newly opened, zh: 新开客户}
owner: growth
description: Opened lately.
rule: is_opened and opened_days_count <= 30
"""


def written(folder: Path, text: str = GOOD, *, name: str = "newly_opened") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_segment_is_read_with_its_guard(tmp_path: Path) -> None:
    found = load_segment(written(tmp_path, f"{GOOD}size: {{warns_when_changed_by: 0.5}}\n"), TAGS)
    assert (found.code, found.title_en, found.title_zh) == ("SEG-N01", "Newly opened", "新开客户")
    assert found.size == SizeGuard(warns_when_changed_by=0.5, stops_when_changed_by=0.6)
    assert found.rule.values == {"seg_n01_1": 30}


def test_the_version_changes_with_the_rule_and_with_nothing_else(tmp_path: Path) -> None:
    def version(text: str) -> str:
        return load_segment(written(tmp_path, text), TAGS).version

    assert version(GOOD) == version(GOOD.replace("Opened lately.", "Opened not long ago."))
    assert version(GOOD) == version(GOOD.replace("is_opened and", "(is_opened) and"))
    assert version(GOOD) != version(GOOD.replace("30", "31"))
    assert version(GOOD) != version(GOOD.replace("<=", "<"))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (GOOD.replace("owner: growth\n", ""), 1, "'owner' is missing"),
        (GOOD + "colour: red\n", 7, "unknown key 'colour' in a segment"),
        (GOOD.replace("SEG-N01", "N1"), 2, "the code is like SEG-N01, not 'N1'"),
        (GOOD.replace("segment: newly_opened", "segment: other"), 1, "the name is that of the file"),
        (
            GOOD.replace("is_opened and", "is_open and"),
            6,
            "rule: there is no tag 'is_open'; is is_opened meant?",
        ),
        (GOOD.replace(", zh: 新开客户", ""), 3, "'zh' is missing"),
        (GOOD + "size: {stops_when_changed_by: 0}\n", 7, "stops_when_changed_by is a share above 0"),
        (
            GOOD + "size: {stops_when_changed_by: 0.2}\n",
            7,
            "a change that warns is smaller than one that stops",
        ),
    ],
)
def test_a_segment_that_cannot_be_used_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    with pytest.raises(ContractError) as refused:
        load_segment(written(tmp_path, text), TAGS)
    assert refused.value.line == line
    assert refused.value.reason.startswith(reason)


def test_two_segments_cannot_share_a_code(tmp_path: Path) -> None:
    written(tmp_path)
    written(tmp_path, GOOD.replace("segment: newly_opened", "segment: other"), name="other")
    with pytest.raises(ContractError, match="SEG-N01 is also the code of newly_opened"):
        load_segments(TAGS, folder=tmp_path)


def test_every_segment_that_we_ship_can_be_used_with_the_tags_that_there_are() -> None:
    tags = read_tag_dictionary(load_manifest(MANIFEST))
    segments = load_segments(tags)
    assert len(segments) == len(list(FOLDER.glob("*.yaml")))
    assert {"SEG-S01", "SEG-S02", "SEG-S03"} <= set(segments)
    assert len({one.version for one in segments.values()}) == len(segments)
