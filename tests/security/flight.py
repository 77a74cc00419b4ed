"""Canaries through the whole network: lives that go well, and everything that can go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from local.settings import SERVICES
from tests.e2e.api import Api, Json
from tests.e2e.installation import until
from tests.e2e.network import ENDS_AT, STARTS_AT
from tests.security.canary import Canaries
from tests.security.spray import Request, Spray
from tests.security.watched import Watched

# More than any limit of the token endpoint that the site is started with.
MOST_TOKENS = 400
NOTHING_PARKED = b'parked_events{source="registry"} 0.0'
INJECTED = '\n{"level":"error","event":"forged"}\n\x1b[31mred'


@dataclass(kw_only=True)
class Flight:
    """What was sent, what came back, and what must be found nowhere."""

    site: Watched
    canaries: Canaries = field(default_factory=Canaries)
    statuses: set[int] = field(default_factory=set)
    secrets: set[bytes] = field(default_factory=set)
    # What is held of those who were erased.
    erased: list[Json] = field(default_factory=list)
    sent: int = 0

    def go(self) -> None:
        """All of it; a few seconds."""
        for service in SERVICES:
            self.spray(service)
        organisation = self.live()
        self.be_refused()
        self.break_things(organisation)
        tokens = {token.encode() for token in self.site.tokens.values()}
        self.secrets |= self.site.secrets() | tokens

    def spray(self, service: str) -> None:
        """Every documented route with a canary in every place."""
        api = self.site.api(service, "meetings" if service == "registry" else "organiser")
        document = api.http.get(f"{api.url}/openapi.json").json()
        for request in Spray(self.canaries, document):
            self.send(api, request)

    def live(self) -> str:
        """A contact, a participant and a webhook endpoint; returns the organisation's id."""
        word, personal = self.canaries.word, self.canaries.personal
        registry = self.site.api("registry")
        organisation: str = registry.create(
            "/v1/organisations", {"name": word(), "kind": "association"}
        )["id"]
        self.register_endpoint(f"{self.site.receiver.url}/{word()}?{word()}={word()}")
        reached, unknown, later = (self.canaries.address() for _ in range(3))
        self.site.mailbox.refusals[unknown] = f"550 5.1.1 <{unknown}> is unknown, {word()}"
        self.site.mailbox.refusals[later] = f"451 4.3.0 <{later}> comes later, {word()}"
        contacts = [self.name_contact(organisation, one) for one in (reached, unknown, later)]
        meeting = self.invite(organisation, contacts)
        for address in (self.canaries.address(), self.canaries.address()):
            body = {"side": "civic_engagement", "name": word(personal), "email": address}
            guest = self.made("meetings", f"{meeting}/registrations", body)["id"]
        until(lambda: self.site.mailbox.to(reached) and self.site.mailbox.to(address))
        until(lambda: self.deliveries("abandoned") and self.deliveries("retrying"))
        self.erase("registry", f"/v1/contacts/{contacts[0]}")
        self.erase("meetings", f"/v1/participants/{guest}")
        self.ask("meetings", "POST", f"{meeting}/cancel", json={"reason": word()})
        self.site.receiver.answers[:] = [(500, {"X-Reason": word(), "Location": word()})]
        self.name_contact(organisation, self.canaries.address())
        until(lambda: len(self.site.receiver.calls) > 3)
        return organisation

    def erase(self, service: str, path: str) -> None:
        """Erase somebody, and wait until all services have cleared their parts."""
        why = {"reason": "request"}
        assert self.ask(service, "POST", f"{path}/erasure", json=why).status_code == 200
        certificate = f"{path}/erasure"
        until(lambda: self.site.api(service).get(certificate)["state"] == "complete")
        self.erased.append(self.site.api(service).get(f"{path}/export"))

    def register_endpoint(self, url: str) -> None:
        answer = self.made("notifications", "/v1/endpoints", {"url": url, "event_types": ["*"]})
        self.secrets.add(answer["secret"].encode())

    def name_contact(self, organisation: str, address: str) -> str:
        """Its id; what identifies the person is changed once."""
        word, personal = self.canaries.word, self.canaries.personal
        party = {"kind": "organisation", "key": organisation}
        about = {"role": word(), "purpose": word()}
        person = {"name": word(personal), "email": address, "phone": word(personal)}
        contact: str = self.made("registry", "/v1/contacts", {"party": party, **about, **person})[
            "id"
        ]
        changed = {**about, **person, "name": word(personal), "phone": word(personal)}
        path = f"/v1/contacts/{contact}"
        self.ask("registry", "PUT", path, json=changed)
        self.ask("registry", "PUT", path, json=changed, headers={"If-Match": f'"{word()}"'})
        return contact

    def invite(self, organisation: str, contacts: list[str]) -> str:
        """The address of a meeting to which the steering group with these contacts is invited."""
        registry, meetings = self.site.api("registry"), self.site.api("meetings")
        programme = registry.create("/v1/programmes", {"title": self.canaries.word()})["id"]
        for contact in contacts:
            seat = {"organisation_id": organisation, "role": self.canaries.word()}
            seat_id = registry.create(f"/v1/programmes/{programme}/seats", seat)["id"]
            path = f"/v1/seats/{seat_id}"
            registry.change("POST", f"{path}/appointment", {"contact_id": contact}, of=path)
        body = {
            "kind": "network_meeting",
            "title": self.canaries.word(),
            "mode": "hybrid",
            "programme_id": programme,
            "starts_at": STARTS_AT.isoformat(),
            "ends_at": ENDS_AT.isoformat(),
        }
        meeting = f"/v1/meetings/{meetings.create('/v1/meetings', body)['id']}"
        audience = {"audience": [{"kind": "steering_group", "id": programme}]}
        meetings.change("POST", f"{meeting}/open-invitations", audience, of=meeting)
        return meeting

    def be_refused(self) -> None:
        """What no document speaks of: sizes, limits, other spellings, lines for the log."""
        word, secret = self.canaries.word, self.canaries.secret
        big = {"title": word() + "x" * 2_000_000}
        self.ask("registry", "POST", "/v1/programmes", json=big)
        self.ask("registry", "GET", "/v1/programmes", headers={"X-Long": word() * 500})
        self.ask("registry", "GET", f"/{word()}/" + word() * 600)
        self.ask("registry", "GET", f"/v1/programmes?{word()}={word()}", headers={"Host": word()})
        self.ask("registry", "GET", f"/v1/programmes/%0A%1b[31m{word()}?q=%0d%0a{word()}")
        self.ask("registry", "POST", "/v1/programmes", json={"title": word() + INJECTED})
        self.ask("registry", "POST", "/v1/programmes", headers={"If-Match": f'"{word()}"'})
        seat = f"/v1/seats/{uuid4()}"
        self.ask(
            "registry", "POST", f"{seat}/vacancy", headers={"If-Match": ""}, json={"reason": word()}
        )
        form = {
            "grant_type": "client_credentials",
            "client_id": word(),
            "client_secret": word(secret),
        }
        for _ in range(MOST_TOKENS):
            answer = self.noted(
                self.site.http.post(f"{self.url('registry')}/oauth/token", data=form)
            )
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                break

    def break_things(self, organisation: str) -> None:
        """Crashes whose reason quotes the row that could not be written, and databases that go."""
        site, word = self.site, self.canaries.word
        party = {"kind": "organisation", "key": organisation}
        person = {"name": word(self.canaries.personal), "email": self.canaries.address()}
        contact = {"party": party, "role": word(), "purpose": word(), **person}
        meeting = {"kind": "network_meeting", "title": word(), "vague_date": word()}
        endpoint = {"url": f"{site.receiver.url}/{word()}", "event_types": ["*"]}
        asked = {
            "registry": ("contacts", "/v1/contacts", contact),
            "meetings": ("calendar", "/v1/meetings", meeting),
            "notifications": ("endpoints", "/v1/endpoints", endpoint),
        }
        for service, (table, path, body) in asked.items():
            with site.broken_table(service, table):
                assert self.ask(service, "POST", path, json=body).status_code == 500
            with site.database_away(service):
                assert self.ask(service, "POST", path, json=body).status_code == 503
            until(partial(self.is_back, service))
        with site.broken_table("notifications", "contacts"):
            self.made("registry", "/v1/contacts", contact)
            until(lambda: NOTHING_PARKED not in site.metrics("notifications"))

    def made(self, service: str, path: str, body: Json) -> Json:
        answer = self.ask(service, "POST", path, json=body)
        assert answer.status_code == 201, answer.text
        content: Json = answer.json()
        return content

    def ask(self, service: str, method: str, path: str, **more: Any) -> httpx.Response:
        """As the organiser, with a key of its own, whatever the version."""
        headers = {"Idempotency-Key": f'"{uuid4()}"', "If-Match": "*"} | more.pop("headers", {})
        return self.noted(self.site.api(service).send(method, path, headers=headers, **more))

    def send(self, api: Api, request: Request) -> None:
        headers = dict(request.headers)
        if request.token:
            headers["Authorization"] = f"Bearer {api.token()}"
        url = f"{api.url}{request.path}"
        asked = {"params": request.query or None, "headers": headers, "content": request.content}
        self.noted(api.http.request(request.method, url, **asked))  # type: ignore[arg-type]  # as httpx takes them

    def noted(self, answer: httpx.Response) -> httpx.Response:
        self.sent += 1
        self.statuses.add(answer.status_code)
        return answer

    def deliveries(self, state: str) -> list[Json]:
        return self.site.api("notifications").items("/v1/deliveries", state=state, channel="mail")

    def is_back(self, service: str) -> bool:
        path = {"registry": "/v1/programmes", "meetings": "/v1/meetings"}.get(
            service, "/v1/endpoints"
        )
        return self.ask(service, "GET", path).status_code == 200

    def url(self, service: str) -> str:
        return self.site.settings.url(service)
