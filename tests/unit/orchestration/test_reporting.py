"""A failure is told to the webhook; a webhook that is down changes nothing."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

from orchestration.reporting import post_failure
from orchestration.resources import read_settings


class Listener(BaseHTTPRequestHandler):
    heard: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - named by the base class
        return


def test_the_reason_of_a_failure_reaches_the_webhook() -> None:
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        settings = replace(read_settings(), webhook=f"http://127.0.0.1:{server.server_port}/hook")
        assert post_failure(settings, run_id="r1", reason="too few rows")
        thread.join()
    assert Listener.heard[0]["run_id"] == "r1"
    assert "too few rows" in Listener.heard[0]["text"]


def test_a_webhook_that_is_down_is_not_an_error() -> None:
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        address = f"http://127.0.0.1:{server.server_port}/hook"
    assert not post_failure(replace(read_settings(), webhook=address), run_id="r1", reason="x")


def test_without_a_webhook_nothing_is_posted() -> None:
    assert not post_failure(replace(read_settings(), webhook=None), run_id="r1", reason="x")
