"""The WSGI app of a service: routes, policy, refusals, and what surrounds every request."""

from __future__ import annotations

import hmac
from time import perf_counter
from typing import Any, cast

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from eventkit import metrics
from eventkit.auth.links import Links
from eventkit.auth.trust import Trust, following_trust, issuing_trust
from eventkit.http import (
    erasures,
    events_described,
    failures,
    feed,
    limits,
    lost,
    parked,
    parked_actions,
    transport,
)
from eventkit.http.arguments import BODY_LIMIT
from eventkit.http.blueprint import Blueprint
from eventkit.http.body import has_control
from eventkit.http.docs import routes as docs
from eventkit.http.docs.document import add_document
from eventkit.http.limits import Limits
from eventkit.http.moments import require_support
from eventkit.http.openapi import ServiceApi, configure
from eventkit.http.paths import PlainRequest
from eventkit.http.policy import Policy, check_complete
from eventkit.http.problem_kinds import KINDS
from eventkit.http.problems import HttpRefusal
from eventkit.http.requests import Runtime, admit, correlation_id
from eventkit.http.transport import open_transport
from eventkit.http.wording import KIT_SENTENCES, Wording, install
from eventkit.logs import CORRELATION, crash
from eventkit.service import Service
from eventkit.unit import Kit

_log = structlog.get_logger(component="http")
# So much of an unread body gunicorn reads before it gives the connection up.
DRAINED = 64 * 1024


class ServiceApp(Flask):
    """Flask without static files and second spellings; crashes are logged without their data."""

    request_class = PlainRequest

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None, template_folder=None)
        self.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
        self.url_map.merge_slashes = False

    def log_exception(self, exc_info: Any) -> None:
        _log.error("crashed", **crash(exc_info[1]))


def create_app(service: Service, kit: Kit) -> Flask:
    """Build the app. Raises IncompletePolicy where routes and policy table differ.

    To be called in the process that answers: the kit holds connections.
    """
    app = ServiceApp(service.name)
    configure(app, service.name, service.about, kit.settings.public_url)
    install(app, _wording(service, kit.settings.public_url))
    policy = {
        **docs.POLICY,
        **feed.POLICY,
        **events_described.POLICY,
        **lost.POLICY,
        **parked.POLICY,
        **parked_actions.POLICY,
        **service.policy,
    }
    kits_own = [feed.bp, lost.bp, parked.bp, parked_actions.bp, events_described.bp, docs.bp]
    if service.people is not None:
        policy |= erasures.POLICY
        kits_own.append(erasures.bp)
    blueprints = [*service.blueprints, *kits_own]
    api = _add_routes(app, blueprints, policy)
    app.extensions["eventkit"] = Runtime(
        kit=kit,
        policy=policy,
        trust=_trust(service, kit),
        limits=Limits(service.name, kit.settings, kit.engine),
        cursor_key=hmac.digest(kit.settings.master_key, b"cursors", "sha256"),
        municipalities=service.municipalities,
        links=Links(kit.settings.master_key, service.links) if service.links else None,
    )
    _describe_routes(app, api, blueprints)
    add_document(app, api, service.words)
    feed.open_feed(app, kit)
    events_described.describe_events(app, service, kit.settings)
    failures.register(app)
    open_transport(kit.settings, app.extensions)
    app.before_request(_begin)
    app.after_request(_finish)
    return app


def _trust(service: Service, kit: Kit) -> Trust:
    if service.issues_tokens:
        trust = issuing_trust(service.name, kit.settings, kit.engine, service.issuing)
    else:
        trust = following_trust(service.name, kit.settings)
    kit.closing.append(trust.close)
    return trust


def _wording(service: Service, url: str | None) -> Wording:
    sentences = [file for file in (KIT_SENTENCES, service.sentences) if file is not None]
    kinds = {**KINDS, **service.problems}
    return Wording(kinds=kinds, url=url or "", sentences=tuple(sentences))


def _add_routes(app: Flask, blueprints: list[Blueprint], policy: dict[str, Policy]) -> ServiceApi:
    api = ServiceApi(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    check_complete({rule.endpoint for rule in app.url_map.iter_rules()}, policy)
    return api


def _describe_routes(app: Flask, api: ServiceApi, blueprints: list[Blueprint]) -> None:
    for blueprint in blueprints:
        blueprint.register_views_in_doc(api, app, api.spec, name=blueprint.name, parameters=None)
        api.spec.tag({"name": blueprint.name, "description": blueprint.description})


def _begin() -> Response | None:
    g.started = perf_counter()
    g.correlation_id = correlation_id()
    CORRELATION.set(g.correlation_id)
    if has_control(request.path) or "\ufffd" in request.path or not _is_plain():
        raise NotFound
    if (answer := transport.begin()) is not None:
        return answer
    if request.endpoint is not None:
        admit(request.endpoint)
        _limit_body(request.endpoint)
        require_support(current_app.view_functions[request.endpoint])
    return None


def _is_plain() -> bool:
    return cast(PlainRequest, request).has_plain_path


def _limit_body(endpoint: str) -> None:
    limit = getattr(current_app.view_functions[endpoint], "body_limit", BODY_LIMIT)
    # Werkzeug cuts a body of unknown length off here; one byte more tells that it was longer.
    request.max_content_length = limit + 1
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise HttpRefusal(415, "unsupported-media-type", "Send the body without an encoding.")


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["X-Correlation-Id"] = g.correlation_id
    limits.tell(response)
    transport.finish(response)
    if response.status_code == 413 or (response.status_code >= 400 and _has_long_body()):
        # What is left of the body is not read, so the connection is of no more use.
        headers["Connection"] = "close"
    _tell(response.status_code)
    return response


def _has_long_body() -> bool:
    """Whether the server would rather close the connection than read the body to its end."""
    is_long = (request.content_length or 0) > DRAINED
    return is_long or "Transfer-Encoding" in request.headers


def _tell(status: int) -> None:
    route = request.url_rule.rule if request.url_rule else "none"
    seconds = perf_counter() - g.started
    metrics.observe(current_app.name, request.method, route, status, seconds)
    caller = g.get("principal")
    _log.info(
        "answered",
        method=metrics.known_method(request.method),
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        client=caller.subject if caller else None,
    )
