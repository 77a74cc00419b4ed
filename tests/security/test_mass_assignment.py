"""S4: nobody writes what only the service writes, and no answer holds what nobody described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.security.conftest import Count
from tests.security.site import NOBODY, SERVICES, Site, Who

# What things have beside what people say of them, and what frameworks have been tricked with.
OWN = (
    "version", "stream_version", "created_at", "recorded_at", "occurred_at", "registered_at",
    "revoked_at", "tenant_id", "owner", "owner_role", "actor", "is_admin", "admin", "erased",
    "active", "state", "secret", "secret_digest", "client_secret", "hash", "generation",
    "__proto__", "constructor", "__class__", "_links", "$set", "",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A route that takes JSON, who may call it, and the members that it knows."""

    method: str
    path: str
    who: Who
    known: frozenset[str]


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, told in item.items():
            content = (
                told.get("requestBody", {}).get("content", {}) if method != "parameters" else {}
            )
            if "application/json" not in content:
                continue
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            schema = document["components"]["schemas"][name]
            roles = told.get("x-roles")
            yield Operation(
                method=method.upper(),
                path="/".join(
                    str(uuid4()) if part[:1] == "{" else part for part in path.split("/")
                ),
                who=Who(sorted(roles)[0], "08111000") if roles else NOBODY,
                known=frozenset(schema["properties"]),
            )


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_member_that_is_not_the_callers_to_say_is_refused(
    site: Site, service: str, count: Count
) -> None:
    asked = list(operations(site.document(service)))
    assert asked
    for one in asked:
        wrong = [name for name in OWN if name not in one.known]
        answer = site.ask(
            one.who,
            service,
            one.method,
            one.path,
            json=dict.fromkeys(wrong, True),
            headers={"If-Match": '"1"'},
        )
        assert answer.status_code == 422, f"{one}: {answer.text}"
        told = {fault["pointer"] for fault in answer.json()["errors"]}
        assert {f"#/{name}" for name in wrong} <= told, f"{one}: {answer.text}"
        count("members that callers may not write", len(wrong))


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_schema_names_all_members_that_there_are(site: Site, service: str) -> None:
    """So the comparison of every answer with its schema, in test_fuzz, finds what was added."""
    schemas = site.document(service)["components"]["schemas"]
    described = {name: schema for name, schema in schemas.items() if "properties" in schema}
    assert len(described) > 5
    for name, schema in described.items():
        assert schema["additionalProperties"] is False, name
