"""Where the parts of the project lie, for tests about the project itself."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "meetings", "notifications")
DISTRIBUTIONS = {
    "contracts": ROOT / "libs" / "contracts",
    "eventkit": ROOT / "libs" / "eventkit",
    **{service: ROOT / "services" / service for service in SERVICES},
}


def python_files() -> list[Path]:
    """All code of the project."""
    folders = ("libs", "services", "deploy", "examples", "bench", "tests")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
