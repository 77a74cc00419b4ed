"""`python examples/load.py [var/run.json]`: load the example network into a running Netztreff.

Uses the public HTTP API only. A second run changes nothing.
"""

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loader.client import Api, LoadFailed
from loader.files import Files
from loader.meetings import load_meetings
from loader.register import load_register
from loader.webhooks import load_webhook

RUN_FILE = Path(__file__).resolve().parents[1] / "var" / "run.json"


def main(arguments: list[str]) -> int:
    """0, or 1 with a sentence about what is wrong."""
    try:
        load(read_run(Path(arguments[0]) if arguments else RUN_FILE))
    except LoadFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def load(run: dict[str, Any]) -> None:
    """Load everything, as the organiser."""
    files = Files()
    with (
        closing(api(run, "registry")) as registry,
        closing(api(run, "meetings")) as meetings,
        closing(api(run, "notifications")) as notifications,
    ):
        if "webhooks" in run:
            asked = files.read("webhook.json")["event_types"]
            load_webhook(notifications, run["webhooks"], asked)
        loaded = load_register(registry, files)
        load_meetings(meetings, loaded, files, datetime.now(UTC))


def read_run(file: Path) -> dict[str, Any]:
    """Where the services are and what lets us in."""
    try:
        run: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LoadFailed(f"{file} is not there; start Netztreff with `make run`.") from error
    except (OSError, ValueError) as error:
        raise LoadFailed(f"{file} cannot be read as JSON.") from error
    if not {"services", "tokens"} <= run.keys():
        raise LoadFailed(f"{file} names no services and tokens.")
    return run


def api(run: dict[str, Any], service: str) -> Api:
    return Api(service, run["services"][service]["url"], run["tokens"]["organiser"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
