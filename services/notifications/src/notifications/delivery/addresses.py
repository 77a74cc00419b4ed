"""Addresses and links, asked of their owners at the moment of sending, kept for one batch only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import httpx
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from contracts.events.notifications import RecipientKind
from eventkit.auth.client import service_client
from eventkit.settings import Settings
from notifications.mail.letter import Addressee


class AddressesUnavailable(Exception):
    """The owner of the addresses does not answer usefully at the moment."""


class _Known(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(allow_none=True, load_default=None)
    email = fields.String(required=True)


class _KnownContact(_Known):
    id = fields.UUID(required=True, data_key="contact_id")


def _link(**more: Any) -> fields.Url:
    return fields.Url(schemes={"http", "https"}, require_tld=False, **more)


class _KnownParticipant(_Known):
    id = fields.UUID(required=True, data_key="participant_id")
    link = _link(load_default=None)


class _KnownLink(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.UUID(required=True, data_key="participant_id")
    link = _link(required=True)


_PATHS: dict[RecipientKind, tuple[str, Schema]] = {
    RecipientKind.CONTACT: ("/v1/contacts/addresses", _KnownContact(many=True)),
    RecipientKind.PARTICIPANT: ("/v1/participants/addresses", _KnownParticipant(many=True)),
}
_LINKS = ("/v1/participants/links", _KnownLink(many=True))


class AddressBook:
    """Asks the registry for contacts and the meetings service for participants."""

    def __init__(self, settings: Settings) -> None:
        if not (settings.registry_url and settings.meetings_url):
            raise ValueError("REGISTRY_URL and MEETINGS_URL are needed to ask for addresses")
        self._clients: dict[RecipientKind, httpx.Client] = {
            RecipientKind.CONTACT: service_client(settings.registry_url, settings),
            RecipientKind.PARTICIPANT: service_client(settings.meetings_url, settings),
        }

    def look_up(self, kind: RecipientKind, ids: Collection[UUID]) -> dict[UUID, Addressee]:
        """The addresses of one batch; who is missing has none. Raises AddressesUnavailable."""
        items = _asked(self._clients[kind], *_PATHS[kind], ids)
        is_guest = kind is RecipientKind.PARTICIPANT
        return {item.pop("id"): Addressee(**item, is_guest=is_guest) for item in items}

    def links(self, participants: Collection[UUID]) -> dict[UUID, str]:
        """The personal links of participants who are contacts; who is missing has none.

        Raises AddressesUnavailable.
        """
        items = _asked(self._clients[RecipientKind.PARTICIPANT], *_LINKS, participants)
        return {item["id"]: item["link"] for item in items}


def _asked(
    client: httpx.Client, path: str, schema: Schema, ids: Collection[UUID]
) -> list[dict[str, Any]]:
    try:
        answer = client.post(path, json={"ids": sorted(map(str, ids))})
        answer.raise_for_status()
        items: list[dict[str, Any]] = schema.load(answer.json()["items"])
    except (httpx.HTTPError, ValidationError, ValueError, LookupError, TypeError) as error:
        raise AddressesUnavailable(type(error).__name__) from error
    return items
