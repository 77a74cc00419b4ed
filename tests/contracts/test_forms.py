"""The forms of every event: classes, marshmallow, JSON Schema and bytes say the same."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from marshmallow import ValidationError

from contracts.catalog import EventType, UnknownEvent, find, newest
from contracts.codec import decode, encode, published, read
from contracts.events.registry import ContactAppointed, Party, PartyKind
from contracts.schemas import Form, json_schema, schema
from tests.contracts.examples import EVENTS, PUBLISHED, events, name

STRANGE: list[Any] = ["", "x" * 20_001, "\n", 1.5, True, None, [], {}, -1]
CONTACT = ContactAppointed(
    contact_id=UUID(int=7),
    party=Party(kind=PartyKind.MUNICIPALITY, key="08111000"),
    role="Integrationsbeauftragte:r",
    purpose="Netzwerk",
    name="Kontakt der Stadt",
    email="kontakt@example.org",
)


@cache
def validator(declared: EventType, form: Form) -> Draft202012Validator:
    return Draft202012Validator(json_schema(declared, form), format_checker=FormatChecker())


def accepts(declared: EventType, form: Form, value: Any) -> bool:
    return validator(declared, form).is_valid(value)


def readable(declared: EventType, value: Any) -> bool:
    try:
        read(declared.wire, msgspec.json.encode(value))
    except (ValidationError, msgspec.DecodeError):
        return False
    return True


@pytest.mark.parametrize("declared", EVENTS, ids=name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_what_a_class_holds_is_taken_by_every_form(
    declared: EventType, data: st.DataObject
) -> None:
    event = data.draw(events(declared))
    stored = json.loads(encode(event))
    assert schema(declared, "stored")().validate(stored) == {}
    assert accepts(declared, "stored", stored)
    if declared is newest(declared.name):
        assert decode(declared.wire, encode(event)) == event


@pytest.mark.parametrize("declared", PUBLISHED, ids=name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_what_is_published_is_readable_and_holds_nothing_personal(
    declared: EventType, data: st.DataObject
) -> None:
    event = data.draw(events(declared))
    sent = published(declared.wire, encode(event))
    assert declared.personal.keys().isdisjoint(json.loads(sent))
    assert accepts(declared, "published", json.loads(sent))
    received = read(declared.wire, sent)
    assert all(getattr(received, field) is None for field in declared.personal)


@pytest.mark.parametrize("declared", PUBLISHED, ids=name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_what_one_form_refuses_the_others_refuse_too(
    declared: EventType, data: st.DataObject
) -> None:
    """Every field in turn: taken away, of another type, too long, of an unknown kind."""
    whole = json.loads(published(declared.wire, encode(data.draw(events(declared)))))
    field = data.draw(st.sampled_from(sorted(whole)))
    strange = data.draw(st.sampled_from(STRANGE))
    for value in ({k: v for k, v in whole.items() if k != field}, whole | {field: strange}):
        assert readable(declared, value) == accepts(declared, "published", value), value


@pytest.mark.parametrize("declared", PUBLISHED, ids=name)
def test_an_unknown_field_is_ignored(declared: EventType) -> None:
    """So that a producer may add an optional one before its readers know it."""
    fields = schema(declared, "published")().fields
    required = {key for key, field in fields.items() if field.required}
    unreadable = schema(declared, "published")().validate({"new_field": 1})
    assert set(unreadable) == required


def test_personal_fields_are_in_the_stored_form_only() -> None:
    stored = encode(CONTACT)
    assert b"kontakt@example.org" in stored
    sent = published("contact.appointed.v1", stored)
    assert b"example.org" not in sent
    assert b"Kontakt der Stadt" not in sent
    received = read("contact.appointed.v1", sent)
    assert (received.name, received.email, received.role) == (None, None, CONTACT.role)


def test_personal_data_that_is_sent_all_the_same_is_refused_nowhere_and_kept_nowhere() -> None:
    fields = schema(find("contact.appointed.v1"), "published")().fields
    assert {"name", "email"}.isdisjoint(fields)


def test_an_event_without_personal_fields_is_published_byte_by_byte() -> None:
    stored = '{"meeting_id" : "00000000-0000-0000-0000-000000000001",  "reason":"\\u00dcber"}'
    assert published("meeting.cancelled.v1", stored) == stored.encode()


@pytest.mark.parametrize("ags", ["0811100", "081110000", "08111000\n", " 08111000", "08111 00"])
def test_an_ags_is_eight_digits_and_nothing_else(ags: str) -> None:
    data = {"ags": ags, "valid_on": "2020-12-31"}
    assert not readable(find("municipality.deactivated.v1"), data)


def test_an_unknown_event_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownEvent):
        read("meeting.dreamt.v1", b"{}")
