"""People are erased while the process that does it dies, and while nobody hears of it."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count
from typing import ClassVar
from uuid import UUID

import httpx

from eventkit.crash_points import POINTS
from tests.faults.case import Case, Run
from tests.faults.cases.points import PATIENCE_SECONDS, Ward, count_dead, ward
from tests.faults.cases.races import done, wish
from tests.faults.load import Bearer
from tests.faults.operations import REGISTRY, Operation, address
from tests.faults.oracle.findings import BROKEN
from tests.faults.site import Site

ERASER = [point for point in POINTS if point.startswith("eraser.")]
# Who has a part in it beside the site's usual processes.
COMPLETE_SECONDS = 120.0


class KilledErasers(Case):
    """Every erasure that was answered, and every one that was begun, becomes complete."""

    id: ClassVar[str] = "F37"
    title: ClassVar[str] = "erasures: killed at each point, and with the relay far behind"
    weight: ClassVar[int] = 0
    seconds: ClassVar[float] = 60
    times: ClassVar[int] = 1

    def run(self, run: Run) -> None:
        erased: list[str] = []
        with ward(run, REGISTRY, "api", ERASER * self.times) as one:
            erase_until_over(run, one, erased)
        run.injected("erasure with the relay stopped")
        relay = run.site.parts["registry-relay"]
        relay.pause()
        erased += [erase(run) for _ in range(5)]
        relay.resume()
        are_complete(run, erased)


class ManyKilledErasers(KilledErasers):
    """The figure that is asked for."""

    id: ClassVar[str] = "F37-20"
    title: ClassVar[str] = "erasures: killed at each point, 20 times"
    seconds: ClassVar[float] = 300
    times: ClassVar[int] = 20


def erase_until_over(run: Run, one: Ward, erased: list[str]) -> None:
    for _ in count():
        erased.append(erase(run))
        count_dead(run, one)
        if one.is_over:
            return
        if time.monotonic() - one.since > PATIENCE_SECONDS:
            run.found(BROKEN, "F37", f"never came by at {one.begun()[-1:]}")
            return


def erase(run: Run) -> str:
    """Appoint somebody, and erase them at once; asked again until it is answered."""
    base = wish(run, "", "", "", None)
    party = replace(base, what="organisation.registered", types=("organisation.registered",))
    organisation = {"name": "Träger (erfunden)", "kind": "association"}
    key = asked(run, replace(party, path="/v1/organisations", body=organisation))
    new = UUID(int=run.chance.getrandbits(128), version=4)
    body = {"party": {"kind": "organisation", "key": key}, **address(new)}
    appointed = replace(base, key=new, what="contact.appointed", types=("contact.appointed",))
    contact = asked(run, replace(appointed, path="/v1/contacts", body=body))
    # Whoever goes on after a kill stores the event in a name of its own, so none is counted here.
    gone = replace(wish(run, "contact.erased", "", "", {"reason": "request"}), count=0)
    asked(run, replace(gone, path=f"/v1/contacts/{contact}/erasure"))
    return contact


def asked(run: Run, one: Operation) -> str:
    answer = done(run, replace(one, service=REGISTRY))
    return str(answer.json().get("id"))


def are_complete(run: Run, erased: list[str]) -> None:
    """Certified by everybody who held a part."""
    left = list(erased)

    def all_certified() -> bool:
        left[:] = [one for one in left if not is_certified(run.site, one)]
        return not left

    if not run.site.until(all_certified, COMPLETE_SECONDS):
        run.found(BROKEN, "F37", f"{len(left)} of {len(erased)} erasures are not complete")


def is_certified(site: Site, contact: str) -> bool:
    url = f"{site.url(REGISTRY)}/v1/contacts/{contact}/erasure"
    auth = Bearer(site.signer, "organiser")
    try:
        answer = httpx.get(url, auth=auth, timeout=30, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.is_success and answer.json().get("state") == "complete"
