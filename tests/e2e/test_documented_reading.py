"""docs/integrate/reading.md is true: its commands run, and its table is what the lists take."""

import re
from pathlib import Path

import pytest

from local.ports import free_port
from local.settings import CHECKOUT
from tests.e2e.conftest import FEED
from tests.e2e.documented import blocks, placed, run
from tests.e2e.installation import Installation

PAGE = "integrate/reading.md"
ROW = re.compile(
    r"^\| `(?P<path>/v1/\S+)` \| (?P<filters>.*?) ?\| (?P<orders>.*) \|$", re.MULTILINE
)
ARGUMENT = re.compile(r"{\w+}")
PAGING = {"limit", "cursor", "sort"}
ONCE = pytest.mark.parametrize("installation", [FEED], indirect=True)


@ONCE
def test_what_the_page_says_to_run_does_what_it_says(
    installation: Installation, tmp_path: Path
) -> None:
    code = placed(blocks(PAGE, "sh"), installation, free_port())
    printed = run(["bash", "-eu", "-o", "pipefail"], code, tmp_path).splitlines()
    assert "304" in printed
    assert any(
        re.fullmatch(r"1 netztreff\.meeting\.(planned|recorded)\.v1", one) for one in printed
    )


@ONCE
def test_the_table_of_lists_is_what_the_lists_take(installation: Installation) -> None:
    told = {}
    text = (CHECKOUT / "docs" / PAGE).read_text("utf-8")
    for row in ROW.finditer(text):
        filters = set(row["filters"].replace(" ", "").split(",")) - {""}
        told[row["path"]] = (filters, row["orders"].split(", "))
    calls, _ = told["/v1/endpoints/{id}/deliveries"]
    filters, orders = told["/v1/deliveries"]
    told["/v1/deliveries"] = (filters - {"thesame"} | calls, orders)
    assert told == taken(installation)


def taken(installation: Installation) -> dict[str, tuple[set[str], list[str]]]:
    """Filters and orders of every list, as the documents say."""
    found = {}
    for service in ("registry", "meetings", "notifications"):
        document = installation.api(service).get("/openapi.json")
        for path, item in document["paths"].items():
            parameters = item.get("get", {}).get("parameters", [])
            query = {one["name"]: one["schema"] for one in parameters if one.get("in") == "query"}
            if "sort" in query:
                usual = query["sort"]["default"]
                ways = [way for way in query["sort"]["enum"] if not way.startswith("-")]
                orders = [usual, *(way for way in ways if way != usual.removeprefix("-"))]
                found[ARGUMENT.sub("{id}", path)] = (set(query) - PAGING, orders)
    return found
