"""A contact policy that cannot be followed is refused with the line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from data_contracts.document import ContractError
from operations.contact_policy import POLICY, Cap, load_policy
from operations.tags import Tag, TagKind


def changed(folder: Path, *path: str, value: object) -> Path:
    """Write the policy with another value at `path`, or without it when the value is None."""
    document = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    file = folder / "contact_policy.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return file


def test_the_policy_of_the_house_can_be_followed() -> None:
    policy = load_policy()
    assert policy.holdout_share == 0.05
    assert policy.caps["push"] == (Cap(1, 1), Cap(3, 7))
    tags = (
        Tag("T0302", "total_assets_cny", "tags_assets", TagKind.NUMBER),
        Tag("T0201", "is_opened", "tags_account", TagKind.YES_NO),
        Tag("I0801", "has_deposit_intent", "tags_intent", TagKind.YES_NO),
    )
    assert policy.scopes("sms", tags) == ("marketing_sms", "profiling", "sensitive_financial")


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("holdout", "share"), 1, "a share is at least 0 and below 1, not 1"),
        (("holdout", "share"), True, "a share is at least 0 and below 1, not True"),
        (("holdout", "salt"), "", "'salt' must be text"),
        (("holdout", "people"), 3, "unknown key 'people' in a holdout"),
        (("consent", "stale_after_days"), 0, "'stale_after_days' is a whole number from 1, not 0"),
        (("consent", "stale_after_days"), None, "'stale_after_days' is a whole number from 1, not None"),
        (("consent", "channels"), {}, "'channels' names the consent that each of them needs"),
        (("consent", "channels", "push"), 7, "'push' must be text, not 7"),
        (("caps", "push"), None, "push has no cap: say how often is too often"),
        (("caps", "push"), [], "push needs a list of caps"),
        (("caps", "push"), [{"at_most": 1}], "'in_days' is a whole number from 1, not None"),
        (("caps", "push"), [{"at_most": 1, "in_weeks": 1}], "unknown key 'in_weeks' in a cap"),
        (("caps",), None, "'caps' is missing"),
        (("quiet",), "always", "unknown key 'quiet' in a contact policy"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    tmp_path: Path, path: tuple[str, ...], value: object, reason: str
) -> None:
    with pytest.raises(ContractError) as refused:
        load_policy(changed(tmp_path, *path, value=value))
    assert reason in str(refused.value)
    assert f"{tmp_path.name}/contact_policy.yaml:" in str(refused.value)
