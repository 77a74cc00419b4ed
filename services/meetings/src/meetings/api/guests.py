"""How many guests, people by name and e-mail address, a tenant may register in a day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eventkit import metrics
from eventkit.auth.principal import TIED
from eventkit.http.problems import HttpRefusal
from eventkit.http.requests import kit, principal, runtime
from eventkit.http.views import is_repeated
from meetings.settings import settings_of

_LIMIT = "guests"


@contextmanager
def counted_guest() -> Iterator[None]:
    """Let the block register a guest; raises HttpRefusal (429) where the day's quota is used up.

    Only what was registered counts, and only for municipalities and districts: who runs the
    network reaches everybody by invitations anyway. A repeated request gets its answer again and
    counts once. As many more may pass as run at one moment.
    """
    caller, quota = principal(), settings_of(kit()).guests_per_tenant_per_day
    if caller.role not in TIED or caller.tenant is None or not quota or is_repeated():
        yield
        return
    limit = runtime().limits.daily(_LIMIT, quota)
    verdict = limit.look(caller.tenant)
    if verdict.refused:
        metrics.rate_limited(kit().name, verdict.name)
        raise HttpRefusal(
            429,
            "too-many-registrations",
            "Your administration has registered too many guests within 24 hours.",
            headers={"Retry-After": str(verdict.seconds)},
        )
    yield
    limit.hit(caller.tenant)
