"""Reporting: telling people that a run failed.

Belongs here: the log line and the webhook. Does not belong here: deciding that a run failed.
A channel that is down changes nothing about the run.
"""

from __future__ import annotations

import json
import logging
import urllib.request

from orchestration.resources import Settings

REPORTED = "lifecycle/reported"
_PATIENCE_SECONDS = 10

_log = logging.getLogger(__name__)


def report_failure(settings: Settings, *, run_id: str, reason: str) -> None:
    """Log a failed run and post it to the webhook when one is set."""
    _log.error("run %s failed: %s", run_id, reason)
    post_failure(settings, run_id=run_id, reason=reason)


def post_failure(settings: Settings, *, run_id: str, reason: str) -> bool:
    """Post a failed run to the webhook when one is set; return whether it was delivered."""
    if settings.webhook is None:
        return False
    body = json.dumps(
        {"text": f"lifecycle: run {run_id} failed: {reason}", "run_id": run_id, "reason": reason}
    )
    request = urllib.request.Request(  # noqa: S310 - the address is checked when the settings are read
        settings.webhook, data=body.encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS):  # noqa: S310 - as above
            return True
    except OSError as error:
        _log.error("the failure could not be reported to %s: %s", settings.webhook, error)
        return False
