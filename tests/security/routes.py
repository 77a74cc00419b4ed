"""Every route of every service, as its url map and its policy table have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask

from eventkit.http.app import create_app
from eventkit.http.policy import Policy
from tests.security.site import SERVICES, Site

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One method of one rule. `template` is the path as OpenAPI writes it."""

    service: str
    endpoint: str
    method: str
    template: str

    @property
    def name(self) -> str:
        return f"{self.service}:{self.endpoint}"

    def path(self, arguments: Mapping[str, str]) -> str:
        return self.template.format(**arguments)

    def __str__(self) -> str:
        return f"{self.name} ({self.method} {self.template})"


def apps(site: Site) -> dict[str, Flask]:
    """The services' apps, built in this process for looking at their tables."""
    return {name: create_app(service, site.kits[name]) for name, service in SERVICES.items()}


def routes(app: Flask) -> Iterator[Route]:
    """All of an app's; HEAD goes with GET."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield Route(app.name, rule.endpoint, method, ARGUMENT.sub(r"{\1}", rule.rule))


def policy_of(app: Flask) -> Mapping[str, Policy]:
    """The rows by endpoint."""
    table: Mapping[str, Policy] = app.extensions["eventkit"].policy
    return table
