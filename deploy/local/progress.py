"""What the launcher is doing, with the seconds that it takes."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

WIDTH = 60


@contextmanager
def step(text: str) -> Iterator[None]:
    """Shows a line while the block runs; on a terminal its seconds count up."""
    started = time.monotonic()
    done = Event()
    ticker = Thread(target=_tick, args=(text, started, done), daemon=True)
    if sys.stdout.isatty():
        ticker.start()
    else:
        print(f"  {text} ...", flush=True)
    try:
        yield
    finally:
        done.set()
        if ticker.is_alive():
            ticker.join()
    print(_line(text, time.monotonic() - started), flush=True)


def _tick(text: str, started: float, done: Event) -> None:
    while True:
        seconds = time.monotonic() - started
        print(f"\r  {text} ... {seconds:.0f} s", end="", flush=True)
        if done.wait(1):
            print("\r", end="")
            return


def _line(text: str, seconds: float) -> str:
    return f"  {text:<{WIDTH}} {seconds:5.1f} s"
