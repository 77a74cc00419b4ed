"""A TCP proxy that makes the network bad: slow, torn, or silent. Its words are Toxiproxy's.

It runs in a thread of the runner and takes its orders there; loopback to loopback.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import AbstractEventLoop, StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from threading import Event, Thread

from local.ports import LOOPBACK

CHUNK = 65_536
# What a connection that waits for better weather looks at.
GLANCE_SECONDS = 0.02
# With a linger of zero, closing sends RST in place of FIN.
AT_ONCE = struct.pack("ii", 1, 0)
UP, DOWN = "up", "down"


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What happens to bytes on their way; `streams` says to which ways (up: to the server)."""

    latency: float = 0.0
    jitter: float = 0.0
    # So many bytes of a connection pass, then it ends (limit_data).
    cut: int | None = None
    # So many bytes pass at a time, each time after a tenth of a second (slicer).
    drip: int | None = None
    # Nothing passes, and nobody is told (timeout 0).
    blackhole: bool = False
    # Connections end with RST, new ones at once (reset_peer).
    reset: bool = False
    streams: frozenset[str] = frozenset({UP, DOWN})


FINE = Weather()


class Proxy:
    """One port before another. `weather` may be changed at any time, from any thread."""

    def __init__(self, front: int, back: int, chance: Random) -> None:
        self.weather = FINE
        self._front, self._back, self._chance = front, back, chance
        self._loop: AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._started = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name=f"proxy-{front}")

    def start(self) -> None:
        self._thread.start()
        if not self._started.wait(10):
            raise OSError(f"the proxy cannot listen on {self._front}")

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with await asyncio.start_server(self._connected, LOOPBACK, self._front):
            self._started.set()
            await self._over.wait()
            # Those that are still open are ended, or the server would wait for them.
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            # So that their transports are closed before the loop is.
            await asyncio.sleep(GLANCE_SECONDS)

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            to, back = await asyncio.open_connection(LOOPBACK, self._back)
        except (OSError, asyncio.CancelledError):
            end(writer)
            return
        ways = [self._pump(UP, reader, back), self._pump(DOWN, to, writer), self._torn()]
        tasks = [asyncio.ensure_future(way) for way in ways]
        # Cancelled when the proxy stops, which asyncio's server would take for a fault.
        with suppress(asyncio.CancelledError):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            end(writer, at_once=self.weather.reset)
            end(back, at_once=self.weather.reset)

    async def _torn(self) -> None:
        while not self.weather.reset:
            await asyncio.sleep(GLANCE_SECONDS)

    async def _pump(self, way: str, reader: StreamReader, writer: StreamWriter) -> None:
        """Until one side ends, or as many bytes have passed as may."""
        passed = 0
        while data := await reader.read(CHUNK):
            weather = await self._waited(way)
            if weather.cut is not None:
                data = data[: max(0, weather.cut - passed)]
            passed += len(data)
            await self._send(data, weather, writer)
            if weather.cut is not None and passed >= weather.cut:
                return

    async def _waited(self, way: str) -> Weather:
        """The weather for what goes this way, once it goes at all."""
        while True:
            weather = self.weather if way in self.weather.streams else FINE
            if weather.latency or weather.jitter:
                extra = self._chance.uniform(0, weather.jitter)
                await asyncio.sleep(weather.latency + extra)
            if not weather.blackhole:
                return weather
            await asyncio.sleep(GLANCE_SECONDS)

    async def _send(self, data: bytes, weather: Weather, writer: StreamWriter) -> None:
        size = weather.drip or CHUNK
        for start in range(0, len(data), size):
            # A better weather lets the rest through at once.
            if weather.drip and self.weather.drip:
                await asyncio.sleep(0.1)
            writer.write(data[start : start + size])
            await writer.drain()


def end(writer: StreamWriter, *, at_once: bool = False) -> None:
    """Close, with RST when it has to be at once."""
    if at_once and (opened := writer.get_extra_info("socket")) is not None:
        with suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        writer.transport.abort()
    else:
        writer.close()


@contextmanager
def proxied(ports: dict[str, tuple[int, int]], chance: Random) -> Iterator[dict[str, Proxy]]:
    """A proxy for each name, from its first port to its second, running during the block."""
    proxies = {name: Proxy(front, back, chance) for name, (front, back) in ports.items()}
    for proxy in proxies.values():
        proxy.start()
    try:
        yield proxies
    finally:
        for proxy in proxies.values():
            proxy.stop()
