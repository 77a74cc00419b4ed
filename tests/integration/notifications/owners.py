"""The registry and the meetings service as a sender meets them: tokens, keys and addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from local.ports import LOOPBACK, free_port

Known = dict[str, dict[str, str | None]]
TOKEN = "a-token-for-services"


@dataclass(kw_only=True)
class Owners:
    """Whom they know, by id; `away` makes every answer a 503, `links_away` those about links.

    `garbled`: something in between answers for a token with a page of its own.
    """

    url: str
    jwks: dict[str, Any] = field(default_factory=dict)
    contacts: Known = field(default_factory=dict)
    participants: Known = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    away: bool = False
    links_away: bool = False
    garbled: bool = False


@contextmanager
def open_owners() -> Iterator[Owners]:
    port = free_port()
    owners = Owners(url=f"http://{LOOPBACK}:{port}")
    server = make_server(LOOPBACK, port, app_of(owners), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield owners
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def app_of(owners: Owners) -> Flask:
    app = Flask("owners")

    @app.post("/oauth/token")
    def token() -> Response:
        told = jsonify(access_token=TOKEN, token_type="Bearer", expires_in=600)
        return Response("<html>") if owners.garbled else told

    @app.get("/.well-known/jwks.json")
    def keys() -> Response:
        return jsonify(owners.jwks)

    @app.post("/v1/contacts/addresses")
    def contacts() -> Response:
        return answer(owners, owners.contacts, "contact_id")

    @app.post("/v1/participants/addresses")
    def participants() -> Response:
        return answer(owners, owners.participants, "participant_id")

    @app.post("/v1/participants/links")
    def links() -> Response:
        if owners.links_away:
            return Response(status=503)
        known: Known = {one: {"link": link} for one, link in owners.links.items()}
        return answer(owners, known, "participant_id")

    return app


def answer(owners: Owners, known: Known, name: str) -> Response:
    if owners.away or request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return Response(status=503 if owners.away else 401)
    ids = request.get_json()["ids"]
    owners.batches.append(ids)
    return jsonify(items=[{name: one, **known[one]} for one in ids if one in known])
