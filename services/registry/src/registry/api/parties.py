"""Parties in bodies and answers: a kind and a key whose form the kind decides."""

import re
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from contracts.events.registry import Party, PartyKind
from eventkit.http.fields import Text

AGS = re.compile(r"[0-9]{8}")
DISTRICT_KEY = re.compile(r"[0-9]{5}")
_FORMS = {
    PartyKind.MUNICIPALITY: (AGS, "A municipality's key has 8 digits."),
    PartyKind.DISTRICT: (DISTRICT_KEY, "A district's key has 5 digits."),
}


class PartyView(Schema):
    kind = fields.Enum(PartyKind, by_value=True, required=True)
    key = Text(1, 36, required=True, metadata={"description": "AGS, district key or id."})


class PartyBody(PartyView):
    """Loads a Party."""

    @validates_schema(skip_on_field_errors=True)
    def _check_key(self, data: dict[str, Any], **_: object) -> None:
        if data["kind"] is PartyKind.ORGANISATION:
            _check_id(data["key"])
            return
        form, sentence = _FORMS[data["kind"]]
        if not form.fullmatch(data["key"]):
            raise ValidationError(sentence, "key")

    @post_load
    def _party(self, data: dict[str, Any], **_: object) -> Party:
        is_id = data["kind"] is PartyKind.ORGANISATION
        return Party(kind=data["kind"], key=str(UUID(data["key"])) if is_id else data["key"])


class PartyOfRow(fields.Nested):
    """The columns `party_kind` and `party_key` of a row as one party."""

    def __init__(self) -> None:
        super().__init__(PartyView, required=True)

    def get_value(self, obj: Any, *_: object, **__: object) -> dict[str, Any]:
        return {"kind": PartyKind(obj["party_kind"]), "key": obj["party_key"]}


def _check_id(text: str) -> None:
    try:
        UUID(text)
    except ValueError as error:
        raise ValidationError("An organisation's key is its id, a UUID.", "key") from error
