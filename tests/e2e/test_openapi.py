"""What each service says about itself is true: valid OpenAPI 3.1, with every route that it has."""

import re
from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from eventkit.http import erasures, events_described, feed, lost, parked, parked_actions
from eventkit.http.docs import routes as docs
from eventkit.service import Service
from meetings.app import SERVICE as MEETINGS
from notifications.app import SERVICE as NOTIFICATIONS
from registry.app import SERVICE as REGISTRY
from tests.e2e.api import Json
from tests.e2e.conftest import FEED
from tests.e2e.installation import Installation

KITS_OWN = (feed.bp, lost.bp, parked.bp, parked_actions.bp, events_described.bp, docs.bp)
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
EVERY_SERVICE = pytest.mark.parametrize(
    "service", [REGISTRY, MEETINGS, NOTIFICATIONS], ids=lambda service: service.name
)
ONCE = pytest.mark.parametrize("installation", [FEED], indirect=True)


def described(installation: Installation, service: Service) -> Json:
    return installation.api(service.name).get("/openapi.json")


def routes(service: Service) -> set[tuple[str, str]]:
    """Method and path of every route, as the url map has them."""
    app = Flask(service.name)
    of_owners = [erasures.bp] if service.people else []
    for blueprint in (*service.blueprints, *KITS_OWN, *of_owners):
        app.register_blueprint(blueprint)
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return {
        (method, ARGUMENT.sub(r"{\1}", rule.rule))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@ONCE
@EVERY_SERVICE
def test_the_description_is_valid(installation: Installation, service: Service) -> None:
    document = described(installation, service)
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


def patterns(part: object) -> Iterator[str]:
    """Every pattern in a document, however deep."""
    if isinstance(part, Mapping):
        if isinstance(found := part.get("pattern"), str):
            yield found
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from patterns(inner)


@ONCE
@EVERY_SERVICE
def test_patterns_are_those_of_json_schema(installation: Installation, service: Service) -> None:
    of_python_only = re.compile(r"\\[AZ]|\(\?[Paiux#]")
    found = list(patterns(described(installation, service)))
    assert [pattern for pattern in found if of_python_only.search(pattern)] == []
    assert found or service is NOTIFICATIONS


@ONCE
@EVERY_SERVICE
def test_every_route_is_described(installation: Installation, service: Service) -> None:
    paths = described(installation, service)["paths"]
    told = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert told - {("PARAMETERS", path) for path in paths} == routes(service)
