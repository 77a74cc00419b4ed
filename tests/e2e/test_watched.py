"""What alerts and dashboard ask for is what the running services tell."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.conftest import KAFKA
from tests.e2e.installation import SERVICES, Installation, until
from tests.monitoring.watching import Matcher, checked, expressions, query

pytestmark = pytest.mark.parametrize("installation", [KAFKA], indirect=True)

# Prometheus adds the first ones to what it scrapes, and knows the others by itself.
OF_THE_TARGET = {"job", "host", "service", "role"}
OF_PROMETHEUS = {"up", "role_expected", "ALERTS"}
Told = dict[str, list[dict[str, str]]]


def told(installation: Installation) -> Told:
    """The labels of every sample of every service, by the sample's name."""
    found: Told = {}
    for service in SERVICES:
        for family in text_string_to_metric_families(installation.metrics(service)):
            for sample in family.samples:
                found.setdefault(sample.name, []).append(sample.labels)
    return found


def works(installation: Installation) -> bool:
    """Whether workers and consumers have taken their first steps."""
    found = told(installation)
    loops = {labels["loop"] for labels in found.get("loop_success_timestamp_seconds", [])}
    wanted = {"relay", "heads", "mails", "consumer-registry", "consumer-meetings"}
    return wanted <= loops and {"heads_export_timestamp_seconds", "delivery_attempts_total"} <= set(
        found
    )


def is_told(found: Told, matcher: Matcher) -> bool:
    """Whether a series has the label, and where that has to be equal the value."""
    labels = [one for one in found[matcher.metric] if matcher.label in one]
    values = {one[matcher.label] for one in labels}
    return bool(values) and (matcher.sign != "=" or matcher.value in values)


def test_every_metric_of_an_alert_or_a_panel_is_told(installation: Installation) -> None:
    until(lambda: works(installation))
    found = told(installation)
    missing = [
        (place, name)
        for place, expression in expressions()
        for name in query(expression).metrics - OF_PROMETHEUS - set(found)
    ]
    assert missing == []


def test_every_label_of_an_alert_or_a_panel_is_told(installation: Installation) -> None:
    until(lambda: works(installation))
    found = told(installation)
    wrong = [
        (place, matcher)
        for place, expression in expressions()
        for matcher in query(expression).matchers
        if matcher.metric not in OF_PROMETHEUS
        and matcher.label not in OF_THE_TARGET
        and not is_told(found, matcher)
    ]
    assert wrong == []


def test_every_label_that_an_alert_or_a_panel_keeps_is_told(installation: Installation) -> None:
    until(lambda: works(installation))
    found = told(installation)
    wrong = []
    for place, expression in expressions():
        read = query(expression)
        samples = [labels for name in read.metrics for labels in found.get(name, [])]
        known = OF_THE_TARGET | {label for labels in samples for label in labels}
        wrong += [(place, label) for label in read.labels - known]
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_names_units_and_help_are_as_prometheus_wants_them(
    installation: Installation, service: str
) -> None:
    until(lambda: works(installation))
    assert checked("promtool", "check", "metrics", given=installation.metrics(service)) == ""


@pytest.mark.parametrize("service", SERVICES)
def test_no_series_is_told_twice(installation: Installation, service: str) -> None:
    lines = installation.metrics(service).splitlines()
    series = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(series) == len(set(series))
