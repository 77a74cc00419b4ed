"""The token endpoint (RFC 6749, client credentials) and the keys to verify tokens with."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote_plus

import orjson
from flask import Response, request
from marshmallow import Schema, fields

from eventkit.auth.keyring import KeyRing
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import LIFETIME, Signer
from eventkit.http.blueprint import Blueprint
from eventkit.http.limits import token_endpoint
from eventkit.http.requests import kit, runtime
from eventkit.http.schemas import Unversioned
from registry.credentials import authenticate

bp = Blueprint("tokens", __name__, url_prefix="", description="Tokens for machine clients.")
_GRANT = "client_credentials"
_FORM_TYPE = "application/x-www-form-urlencoded"
_FORM = {
    "content": {
        _FORM_TYPE: {
            "schema": {
                "type": "object",
                "properties": {
                    "grant_type": {"type": "string", "enum": [_GRANT]},
                    "client_id": {"type": "string"},
                    "client_secret": {"type": "string"},
                    "scope": {
                        "type": "string",
                        "description": "Fewer scopes than the client has, between blanks.",
                    },
                },
                "required": ["grant_type"],
            }
        }
    }
}
_OAUTH_ERROR = {
    "description": "Refused (RFC 6749, section 5.2).",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "error": {"type": "string"},
                    "error_description": {
                        "type": "string",
                        "description": "For people; never says why a client was not let in.",
                    },
                },
                "required": ["error"],
            }
        }
    },
}
_NO_STORE = {"Cache-Control": "no-store"}


class TokenView(Schema):
    access_token = fields.String(required=True)
    token_type = fields.Constant("Bearer", required=True)
    expires_in = fields.Integer(required=True)
    scope = fields.String(required=True)


class KeysView(Unversioned):
    keys = fields.List(fields.Dict(keys=fields.String()), required=True)


class OAuthError(Exception):
    """A refusal in the words of RFC 6749, section 5.2; the description is ASCII without quotes."""

    def __init__(self, error: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(error)
        self.told = {"error": error}
        if description is not None:
            self.told["error_description"] = description
        self.status = status


@bp.route("/oauth/token", methods=["POST"])
@bp.doc(requestBody=_FORM, responses={400: _OAUTH_ERROR, 401: _OAUTH_ERROR})
@bp.response(200, TokenView)
@token_endpoint
def issue_token() -> Response:
    """Give a client a token for ten minutes; credentials by Basic or in the form, not both."""
    try:
        client_id, secret = _credentials()
        return _token(_narrowed(_client(client_id, secret), request.form.get("scope")))
    except OAuthError as refusal:
        return _refused(refusal)


@bp.route("/.well-known/jwks.json", methods=["GET"])
@bp.response(200, KeysView)
def show_keys() -> Response:
    """Read the keys that tokens of the registry are verified with (JWKS, RFC 7517)."""
    body = orjson.dumps(_keys().jwks())
    return Response(
        body, content_type="application/json", headers={"Cache-Control": "public, max-age=300"}
    )


def _credentials() -> tuple[str, str]:
    form = {name: values for name, values in request.form.lists() if values != [""]}
    _check_form(form)
    in_form = [form[name][0] for name in ("client_id", "client_secret") if name in form]
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        if in_form:
            raise OAuthError(
                "invalid_request", "Send credentials by Basic or in the form, not both."
            )
        return unquote_plus(basic.username or ""), unquote_plus(basic.password or "")
    if len(in_form) != 2:
        raise OAuthError("invalid_client", status=401)
    return in_form[0], in_form[1]


def _check_form(form: Mapping[str, list[str]]) -> None:
    if any(len(values) > 1 for values in form.values()):
        raise OAuthError("invalid_request", "Give every parameter once.")
    if "grant_type" not in form:
        raise OAuthError("invalid_request", f"Send grant_type={_GRANT} as {_FORM_TYPE}.")
    if form["grant_type"] != [_GRANT]:
        raise OAuthError("unsupported_grant_type", f"The one grant here is {_GRANT}.")


def _client(client_id: str, secret: str) -> Principal:
    # NUL is no text for PostgreSQL, and no id of ours is longer or anything but ASCII.
    plausible = client_id.isascii() and client_id.isprintable() and len(client_id) <= 200
    now = kit().now()
    client = authenticate(kit().engine, client_id, secret, now) if plausible else None
    if client is None:
        raise OAuthError("invalid_client", status=401)
    runtime().limits.count_token(client.subject)
    return client


def _narrowed(client: Principal, scope: str | None) -> Principal:
    """The same client with the scopes that it asks for, which are never more than it has."""
    if not scope:
        return client
    wanted = frozenset(scope.split(" "))
    if not wanted <= client.scopes:
        raise OAuthError("invalid_scope", "Ask for scopes that the client has, one blank between.")
    return replace(client, scopes=wanted)


def _token(client: Principal) -> Response:
    answer = {
        "access_token": Signer.from_settings(kit().settings, _keys()).sign(client),
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "scope": " ".join(sorted(client.scopes)),
    }
    return Response(orjson.dumps(answer), content_type="application/json", headers=_NO_STORE)


def _refused(refusal: OAuthError) -> Response:
    headers = dict(_NO_STORE)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="netztreff", charset="UTF-8"'
    body = orjson.dumps(refusal.told)
    return Response(body, refusal.status, headers, content_type="application/json")


def _keys() -> KeyRing:
    ring = runtime().trust.keys
    assert ring is not None  # noqa: S101  (this service issues the tokens)
    return ring
