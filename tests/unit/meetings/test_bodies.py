from importlib import import_module
from pkgutil import iter_modules

import pytest
from marshmallow import Schema

import meetings.api

FOREIGN = ("id", "tenant_id", "version", "created_at", "is_admin", "state", "__proto__", "_links")
BODIES: set[type[Schema]] = {
    value
    for module in iter_modules(meetings.api.__path__)
    for name, value in vars(import_module(f"meetings.api.{module.name}")).items()
    if name.endswith("Body") and issubclass(value, Schema)
}


@pytest.mark.parametrize("body", sorted(BODIES, key=str))
def test_no_body_takes_a_field_that_it_does_not_name(body: type[Schema]) -> None:
    foreign = [name for name in FOREIGN if name not in body().fields]
    faults = body().validate(dict.fromkeys(foreign, "1"))
    assert all(faults[name] == ["Unknown field."] for name in foreign)


def test_all_bodies_are_found() -> None:
    assert len(BODIES) > 15
