"""Every alert is tested, leads to its runbook, and is what the runbooks say."""

import re
from typing import Any

import pytest
import yaml

from tests.architecture.test_compose import CODE, roles
from tests.monitoring.watching import FOLDER, RUNBOOKS, checked, query, records, rules

CASES = yaml.safe_load((FOLDER / "alerts.test.yml").read_text("utf-8"))["tests"]
INDEX = (RUNBOOKS / "README.md").read_text("utf-8")
# What Prometheus knows by itself, and what a rule of this file makes.
OF_PROMETHEUS = {"up", "role_expected"}


def evaluations(alert: str) -> list[dict[str, Any]]:
    return [one for case in CASES for one in case["alert_rule_test"] if one["alertname"] == alert]


def anchors(page: str) -> set[str]:
    text = (RUNBOOKS / page).read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def rows() -> dict[str, set[str]]:
    """The pages that the index of the runbooks names for each metric."""
    below = INDEX.partition("## Metrics\n")[2].partition("\n## ")[0]
    found = {}
    for line in below.splitlines():
        if line.startswith("| `"):
            cells = line.split(" | ")
            found[cells[0].strip("| `")] = set(re.findall(r"\(([a-z-]+\.md)\)", cells[-1]))
    return found


def page_of(rule: dict[str, Any]) -> str:
    path, _, _ = rule["annotations"]["runbook_url"].partition("#")
    folder, _, page = path.rpartition("/")
    assert folder == "docs/runbooks"
    return str(page)


def measured(rule: dict[str, Any]) -> set[str]:
    """The services' metrics in a rule, as the documentation names them."""
    names = query(rule["expr"]).metrics - OF_PROMETHEUS
    return {name.removesuffix("_bucket") for name in names}


def test_prometheus_takes_its_settings_and_rules() -> None:
    checked("promtool", "check", "config", "prometheus.yml")


def test_alertmanager_takes_its_settings() -> None:
    checked("amtool", "check-config", "alertmanager.yml")


def test_the_alerts_do_what_their_cases_say() -> None:
    checked("promtool", "test", "rules", "alerts.test.yml")


@pytest.mark.parametrize("alert", sorted(rules()))
def test_an_alert_has_a_case_that_fires_and_one_that_does_not(alert: str) -> None:
    fires = {bool(one["exp_alerts"]) for one in evaluations(alert)}
    assert fires == {True, False}


def test_no_case_speaks_of_an_alert_that_does_not_exist() -> None:
    named = {one["alertname"] for case in CASES for one in case["alert_rule_test"]}
    assert named == set(rules())


@pytest.mark.parametrize("alert", sorted(rules()))
def test_an_alert_says_how_bad_it_is_and_what_to_do(alert: str) -> None:
    rule = rules()[alert]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    page, (_, _, anchor) = page_of(rule), rule["annotations"]["runbook_url"].partition("#")
    assert (RUNBOOKS / page).is_file()
    assert not anchor or anchor in anchors(page)


@pytest.mark.parametrize("alert", sorted(rules()))
def test_the_runbooks_name_the_page_of_an_alert_with_its_metric(alert: str) -> None:
    page = page_of(rules()[alert])
    silent = {name for name in measured(rules()[alert]) if name not in rows()}
    # A limit beside what is limited has no row of its own.
    assert silent <= {"database_server_connections_limit", "disk_size_bytes"}
    assert [name for name in measured(rules()[alert]) - silent if page not in rows()[name]] == []


def test_every_metric_that_the_runbooks_want_an_alarm_for_has_one() -> None:
    assert set(rows()) - {name for rule in rules().values() for name in measured(rule)} == set()


def test_the_roles_that_are_expected_are_those_that_there_are() -> None:
    told = [(one["labels"]["service"], one["labels"]["role"]) for one in records()]
    there = {(service.name, role) for service in CODE for role in roles(service) - {"migrate"}}
    assert sorted(told) == sorted(there)


def test_every_role_is_scraped_under_its_name() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    (job,) = [one for one in config["scrape_configs"] if one["job_name"] == "netztreff"]
    (found,) = job["dns_sd_configs"]
    there = {f"{service.name}-{role}" for service in CODE for role in roles(service) - {"migrate"}}
    # The second replicas run behind the proxy alone.
    second = {f"{service.name}-api-2" for service in CODE}
    assert sorted(found["names"]) == sorted(there | second)
    (pattern,) = {one["regex"] for one in job["relabel_configs"] if "regex" in one}
    assert [name for name in found["names"] if not re.fullmatch(pattern, name)] == []


def test_what_alertmanager_hides_are_alerts() -> None:
    config = yaml.safe_load((FOLDER / "alertmanager.yml").read_text("utf-8"))
    written = [
        matcher
        for rule in config["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
    ]
    names = {name for one in written for name in re.findall(r'"(.+)"', one)[0].split("|")}
    assert names
    assert names <= set(rules())
