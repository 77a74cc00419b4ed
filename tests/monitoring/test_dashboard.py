"""The dashboard shows what the alerts speak of, in units that people read, and nothing twice."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.watching import (
    FOLDER,
    checked,
    dashboard,
    panels,
    query,
    rules,
    without_variables,
)

ALL = dashboard()["panels"]
UNITS = {"seconds": {"s"}, "bytes": {"bytes"}, "total": {"ops", "reqps", "none", "percentunit"}}
# What an alert compares with.
LIMIT = re.compile(r"[<>] ([0-9.]+)")


def titles(panel: dict[str, Any]) -> str:
    return str(panel["title"])


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    a, b = one["gridPos"], other["gridPos"]
    return bool(
        a["x"] < b["x"] + b["w"]
        and b["x"] < a["x"] + a["w"]
        and a["y"] < b["y"] + b["h"]
        and b["y"] < a["y"] + a["h"]
    )


def test_no_panel_lies_on_another_one_or_beside_the_page() -> None:
    assert [(a["title"], b["title"]) for a, b in combinations(ALL, 2) if overlap(a, b)] == []
    assert [p["title"] for p in ALL if p["gridPos"]["x"] + p["gridPos"]["w"] > 24] == []
    assert len({panel["id"] for panel in ALL}) == len(ALL)


@pytest.mark.parametrize("panel", panels(), ids=titles)
def test_a_panel_reads_from_the_datasource_that_is_provisioned(panel: dict[str, Any]) -> None:
    file = FOLDER / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
    (source,) = yaml.safe_load(file.read_text("utf-8"))["datasources"]
    wanted = {"type": source["type"], "uid": source["uid"]}
    assert [panel["datasource"], *(t["datasource"] for t in panel["targets"])] == [
        wanted,
        *(wanted for _ in panel["targets"]),
    ]


@pytest.mark.parametrize("panel", panels(), ids=titles)
def test_a_panel_has_a_unit_that_fits_its_metrics(panel: dict[str, Any]) -> None:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for target in panel["targets"]:
        for name in query(without_variables(target["expr"])).metrics:
            kind = name.removesuffix("_bucket").rpartition("_")[2]
            if kind == "bytes" and " / " in target["expr"]:
                assert unit == "percentunit", name
            elif kind in UNITS and "changes(" not in target["expr"]:
                assert unit in UNITS[kind], (name, unit)


@pytest.mark.parametrize("panel", panels(), ids=titles)
def test_the_line_of_a_panel_lies_where_its_alert_does(panel: dict[str, Any]) -> None:
    told = re.findall(r"[Aa]lert ([A-Z]\w+)", panel["description"])
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    lines = {step["value"] for step in steps if step["value"] is not None}
    if told:
        limits = {float(one) for alert in told for one in LIMIT.findall(rules()[alert]["expr"])}
        assert lines
        assert lines <= limits
    else:
        assert not lines or "See " in panel["description"]


def test_every_alert_is_named_by_a_panel() -> None:
    said = " ".join(panel["description"] for panel in panels())
    assert [alert for alert in rules() if not re.search(rf"\b{alert}\b", said)] == []


def test_the_panels_follow_the_chosen_service() -> None:
    (variable,) = dashboard()["templating"]["list"]
    assert (variable["name"], variable["multi"], variable["includeAll"]) == ("service", True, True)
    # Deliveries are of one service alone, and alerts of all.
    alone = re.compile("deliver|ALERTS")
    free = [
        panel["title"]
        for panel in panels()
        for target in panel["targets"]
        if "$service" not in target["expr"] and not alone.search(target["expr"])
    ]
    assert free == []


def test_prometheus_understands_every_panel(tmp_path: Path) -> None:
    asked = [without_variables(t["expr"]) for panel in panels() for t in panel["targets"]]
    made = [{"record": f"panel_{number}", "expr": one} for number, one in enumerate(asked)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": made}]}), "utf-8")
    checked("promtool", "check", "rules", str(file))
