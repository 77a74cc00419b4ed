"""Where the parts of the project lie, for tests about the project itself."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "meetings", "notifications")
DISTRIBUTIONS = {
    "contracts": ROOT / "libs" / "contracts",
    "eventkit": ROOT / "libs" / "eventkit",
    **{service: ROOT / "services" / service for service in SERVICES},
}


def tracked(pattern: str) -> list[Path]:
    """The project's own files of that kind, generated folders left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).exists()]
