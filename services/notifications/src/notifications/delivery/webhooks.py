"""The worker that calls webhook endpoints, each in a lane of its own.

An endpoint that hangs holds up its own calls and nobody else's: neither other endpoints nor mails.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Lock
from time import monotonic
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from contracts.events.notifications import Channel
from eventkit.conflicts import VersionConflict
from eventkit.crash_points import reach
from eventkit.database import Unavailable
from eventkit.unit import Kit
from notifications.delivery.calls import call
from notifications.delivery.claims import Claims
from notifications.delivery.outcomes import count_from_zero
from notifications.settings import NotificationSettings, settings_of
from notifications.webhook.http import Caller
from notifications.webhook.resolver import Resolver
from notifications.webhook.vetting import Rules

_log = structlog.get_logger(component="webhooks")

LANES = 8
# Longer than a call may take, its look-up and its recording included.
LEASE = timedelta(seconds=60)
# After this time a lane ends and is opened anew, so that the worker can end when it is asked to.
LANE_SECONDS = 5.0
SWEEP_SECONDS = 3600.0


def rules_of(settings: NotificationSettings) -> Rules:
    """Where webhooks of this installation may go."""
    own = (
        settings.public_url,
        settings.registry_url,
        settings.meetings_url,
        settings.notifications_url,
    )
    hosts = {urlsplit(url).hostname for url in own if url}
    return Rules(
        allow_loopback=settings.allow_loopback_webhooks,
        own_hosts=frozenset(host for host in hosts if host),
    )


class WebhookWorker:
    """Opens a lane for each endpoint that has something due, up to eight at a time."""

    def __init__(self, caller: Caller | None = None) -> None:
        self._given = caller
        self._kit: Kit | None = None
        self._lock = Lock()
        self._busy: dict[UUID, Future[None]] = {}

    def step(self, kit: Kit) -> bool:
        """Open lanes for what is due; False when no lane was opened.

        Raises what ended a lane, unless that was the database being away.
        """
        if self._kit is not kit:
            self._open(kit)
        self._end_lanes()
        if len(self._busy) >= LANES:
            return False
        waiting = [one for one in self._claims.recipients() if one not in self._busy]
        for endpoint_id in waiting[: LANES - len(self._busy)]:
            self._busy[endpoint_id] = self._threads.submit(self._drain, kit, endpoint_id)
        self._sweep()
        return bool(waiting)

    def close(self) -> None:
        """Wait for the calls under way; the next step opens everything anew."""
        if self._kit is not None:
            self._threads.shutdown()
            self._kit = None

    def _open(self, kit: Kit) -> None:
        self._kit = kit
        self._caller = self._given or Caller(
            rules=rules_of(settings_of(kit)), resolve=Resolver(threads=LANES)
        )
        self._claims = Claims(kit, Channel.WEBHOOK, LEASE)
        count_from_zero(Channel.WEBHOOK)
        self._threads = ThreadPoolExecutor(LANES, thread_name_prefix="webhook")
        self._swept = float("-inf")

    def _end_lanes(self) -> None:
        for endpoint_id, lane in list(self._busy.items()):
            if lane.done():
                del self._busy[endpoint_id]
                lane.result()

    def _drain(self, kit: Kit, endpoint_id: UUID) -> None:
        until = monotonic() + LANE_SECONDS
        try:
            while monotonic() < until and self._call_next(kit, endpoint_id):
                pass
        except (Unavailable, VersionConflict) as error:
            # The lease ends by itself, and somebody calls again under the same id.
            _log.warning("lane_ended", cause=type(error).__name__)

    def _call_next(self, kit: Kit, endpoint_id: UUID) -> bool:
        rows = self._claims.take(1, endpoint_id)
        for row in rows:
            reach("webhook.claimed")
            call(kit, self._caller, row)
            reach("webhook.recorded")
            self._claims.release([row["delivery_id"]])
        return bool(rows)

    def _sweep(self) -> None:
        if monotonic() - self._swept > SWEEP_SECONDS:
            self._swept = monotonic()
            self._claims.sweep()
