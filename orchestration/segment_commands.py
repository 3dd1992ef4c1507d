"""The commands `lifecycle segment …`: which segments there are, whether a rule can be used, and whom it would choose.

Belongs here: arguments and words. Does not belong here: what a rule may say (operations/rule.py).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click

from operations.members import judged_people
from operations.segments import Segment, load_segment, load_segments
from operations.tags import TagDictionary
from orchestration.dbt_models import load_manifest
from orchestration.prepare import MANIFEST
from orchestration.resources import ConfigurationError, read_settings
from orchestration.tag_dictionary import read_tag_dictionary
from storage.engine import connect
from storage.manifest import read_manifest
from storage.published import current_sequence
from storage.snapshot import DATABASE
from storage.versions import version_folder


@click.group()
def segment() -> None:
    """Look at segments: list them, check their rules, count whom they choose."""


@segment.command("list")
def list_segments() -> None:
    """Print every segment: code, version, owner, title, rule."""
    for one in load_segments(_tags()).values():
        click.echo(f"{one.code}  {one.version}  {one.owner:<11} {one.title_en} ({one.title_zh}): {one.text}")


@segment.command()
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1)
def check(files: tuple[Path, ...]) -> None:
    """Check the segments in FILES (default: all that are declared) against the tag dictionary; nothing is run."""
    tags = _tags()
    checked = [load_segment(file, tags) for file in files] if files else list(load_segments(tags).values())
    for one in checked:
        click.echo(f"{one.code} {one.name}: uses {', '.join(tag.name for tag in one.rule.tags)}")
    click.echo(f"{len(checked)} segments can be used")


@segment.command()
@click.argument("which")
def preview(which: str) -> None:
    """Count whom a segment would choose of the people as published; WHICH is a code or a file."""
    tags = _tags()
    chosen = _chosen(which, tags)
    settings = read_settings()
    sequence = current_sequence(settings.home)
    if sequence is None:
        raise ConfigurationError("nothing is published yet: run `lifecycle nightly`")
    folder = version_folder(settings.home, sequence)
    as_of_date = read_manifest(folder).content.as_of_date
    started = time.perf_counter()
    query = judged_people([chosen], as_of_date=as_of_date)
    with closing(connect(folder / DATABASE, settings=settings.engine, read_only=True)) as connection:
        rows = connection.execute(
            f'select stage_type, count(*), count(*) filter ("{chosen.code}"),'
            f' count(*) filter ("{chosen.code}" is null) from ({query.sql}) as judged group by all order by 3 desc, 1',
            query.values,
        ).fetchall()
    seconds = time.perf_counter() - started
    for line in _told(chosen, rows):
        click.echo(line)
    click.echo(f"as of {as_of_date}, published version {sequence}, {seconds:.2f} s")


def _told(chosen: Segment, rows: list[tuple[str, int, int, int]]) -> list[str]:
    people = sum(of for _, of, _, _ in rows)
    members = sum(count for _, _, count, _ in rows)
    unknown = sum(empty for *_, empty in rows)
    share = f" ({members / people:.1%})" if people else ""
    lines = [
        f"{chosen.code} {chosen.title_en} ({chosen.title_zh}), version {chosen.version}",
        f"  {chosen.text}",
        f"  {members:,} of {people:,} people{share}",
    ]
    lines += [f"    {stage}: {count:,} of {of:,}" for stage, of, count, _ in rows if count]
    if unknown:
        lines.append(f"  of {unknown:,} more it cannot be told: a tag that the rule needs is empty")
    return lines


def _chosen(which: str, tags: TagDictionary) -> Segment:
    if Path(which).is_file():
        return load_segment(Path(which), tags)
    segments: Mapping[str, Segment] = load_segments(tags)
    if which not in segments:
        raise ConfigurationError(f"there is no segment {which}; there are: {', '.join(segments)}")
    return segments[which]


def _tags() -> TagDictionary:
    return read_tag_dictionary(load_manifest(MANIFEST))
