"""What deploy/monitoring asks of the services, read from its files."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from tests.architecture.project import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
RUNBOOKS = ROOT / "docs" / "runbooks"
_WORDS = {"by", "without", "on", "ignoring", "and", "or", "unless", "bool", "offset"}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABELS = re.compile(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)")
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*) *\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+) *(=~|!~|!=|=) *"((?:[^"\\]|\\.)*)"')
_BARE = re.compile(r"(?<![\w:.$])([a-zA-Z_:][\w:]*)(?! *\()(?![\w:])")


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """A condition of a selector, such as `outcome="succeeded"`."""

    metric: str
    label: str
    sign: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Query:
    """What an expression reads; `labels` are those that it keeps or drops."""

    metrics: frozenset[str]
    matchers: tuple[Matcher, ...]
    labels: frozenset[str]


def query(expression: str) -> Query:
    """Enough of PromQL to find names; `promtool check` has seen that it is PromQL."""
    matchers = tuple(
        Matcher(metric=name, label=label, sign=sign, value=value)
        for name, inner in _SELECTOR.findall(expression)
        for label, sign, value in _MATCHER.findall(inner)
    )
    selected = {name for name, _ in _SELECTOR.findall(expression)}
    rest = _SELECTOR.sub(" ", _STRING.sub('""', expression))
    listed = {name.strip() for group in _LABELS.findall(rest) for name in group.split(",")}
    rest = re.sub(r"\[[^\]]*\]", " ", _LABELS.sub(" ", rest))
    bare = {name for name in _BARE.findall(rest) if name not in _WORDS}
    return Query(
        metrics=frozenset(selected | bare), matchers=matchers, labels=frozenset(listed - {""})
    )


@cache
def rules() -> dict[str, dict[str, Any]]:
    """Every alert by its name."""
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    found = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert len(found) == len({rule["alert"] for rule in found})
    return {rule["alert"]: rule for rule in found}


@cache
def records() -> list[dict[str, Any]]:
    """Every rule that makes numbers of numbers."""
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "record" in rule]


@cache
def dashboard() -> dict[str, Any]:
    text = (FOLDER / "grafana" / "dashboards" / "netztreff.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def panels() -> list[dict[str, Any]]:
    """All panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Where it stands, and an expression of a rule or a panel as Prometheus gets it."""
    for name, rule in rules().items():
        yield name, rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], without_variables(target["expr"])


def without_variables(expression: str) -> str:
    """As Grafana sends it, with everything chosen."""
    values = {"$service": ".*", "$__rate_interval": "1m", "$__range": "6h"}
    for name, value in values.items():
        expression = expression.replace(name, value)
    return expression


def checked(program: str, *arguments: str, given: str = "") -> str:
    """What a program of Debian's packages says of the files; fails where it finds a fault."""
    package = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}[program]
    assert shutil.which(program), f"{program} is missing; it is in Debian's package {package}."
    done = subprocess.run(
        [program, *arguments], cwd=FOLDER, input=given, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said
