"""What the role `worker` does about erasures: say what was cleared here, and replay the journal."""

from __future__ import annotations

from time import monotonic

import httpx
import sqlalchemy as sa
import structlog

from eventkit.auth.client import service_client
from eventkit.database import session
from eventkit.erasure.eraser import Eraser
from eventkit.erasure.parts import settle, unsettled
from eventkit.unit import Kit

_log = structlog.get_logger(component="erasure")
REPLAY_EVERY = 60.0


class ErasureWorker:
    """Says to their owners what was cleared, and replays the journal; opens nothing before."""

    def __init__(self) -> None:
        self._kit: Kit | None = None
        self._clients: dict[str, httpx.Client] = {}
        self._replay_at = 0.0

    def step(self, kit: Kit) -> bool:
        """Acknowledge what waits; an owner who is away is asked again the next time."""
        if self._kit is not kit:
            self._kit = kit
            self._clients = {}
            kit.closing.append(self._close)
            self._replay_at = 0.0
        if kit.people is not None and monotonic() >= self._replay_at:
            Eraser(kit).replay()
            self._replay_at = monotonic() + REPLAY_EVERY
        with session(kit.engine) as sql:
            waiting = unsettled(sql, but=kit.name)
        for row in waiting:
            self._acknowledge(kit, row)
        return False

    def _acknowledge(self, kit: Kit, row: sa.RowMapping) -> None:
        owner, person = row["owner"], row["person"]
        names = ("cleared", "remaining", "remains")
        said = {"service": kit.name} | {name: row[name] for name in names}
        try:
            path = f"/v1/erasures/{person}/acknowledgements"
            self._client(kit, owner).post(path, json=said).raise_for_status()
        except httpx.HTTPError as error:
            _log.warning("not_acknowledged", owner=owner, cause=type(error).__name__)
            return
        with session(kit.engine) as sql:
            settle(sql, owner, person, row["event_id"])

    def _client(self, kit: Kit, owner: str) -> httpx.Client:
        if owner not in self._clients:
            url = getattr(kit.settings, f"{owner}_url", None)
            self._clients[owner] = service_client(str(url), kit.settings)
        return self._clients[owner]

    def _close(self) -> None:
        for client in self._clients.values():
            client.close()
