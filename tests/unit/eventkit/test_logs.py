"""Logs: one JSON object a line, from our loggers and from libraries', without secrets."""

import json
import subprocess
import sys
from typing import Any

PROGRAM = """
import logging
import structlog
from eventkit import logs

logs.configure(service="things", role="api", level="INFO")
ours = structlog.get_logger(component="test")
theirs = logging.getLogger("library")
logs.CORRELATION.set("c-1")
ours.info("told", route="/v1", token="geheim", email="a@example.org")
ours.debug("not told")
theirs.warning("relay %s", "fenced", extra={"relay": "kafka", "password": "geheim"})
theirs.info("a line\\nwith \\x1b[31m another")
logging.getLogger("kafka.conn").info("connected")
try:
    int("geheim")
except ValueError as error:
    ours.error("crashed", **logs.crash(error))
    theirs.exception("crashed too")
"""


def lines() -> list[dict[str, Any]]:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert ended.stdout == ""
    assert "geheim" not in ended.stderr
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_every_logger_writes_the_same_lines_without_secrets() -> None:
    told, fenced, forged, crashed, crashed_too = lines()
    for line in (told, fenced, forged, crashed, crashed_too):
        assert (line["service"], line["role"], line["correlation_id"]) == ("things", "api", "c-1")
        assert line["at"].endswith("Z")
    assert (told["level"], told["event"], told["token"], told["email"]) == (
        "info",
        "told",
        "…",
        "…",
    )
    assert (fenced["level"], fenced["event"], fenced["logger"]) == (
        "warning",
        "relay fenced",
        "library",
    )
    assert (fenced["relay"], fenced["password"]) == ("kafka", "…")
    assert forged["event"] == "a line\nwith \x1b[31m another"
    for line in (crashed, crashed_too):
        assert line["error"] == "ValueError"
        assert line["frames"][-1].endswith("<module>")
