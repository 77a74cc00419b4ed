"""No text makes a pattern work for longer than it is long (S26)."""

from __future__ import annotations

import re
from time import process_time
from typing import Any

import pytest

from tests.security.conftest import Count
from tests.security.patterns import patterns, seeds

LENGTH = 50_000
# What is linear takes milliseconds; what goes back over each character takes minutes.
CPU_SECONDS = 2.0
PATTERNS = patterns()
TAILS = ("", "!", "\n", '"')


def hostile(seed: str) -> list[str]:
    """Long texts of one piece that nearly fit, up to their last character."""
    return [(seed * (LENGTH // len(seed) + 1))[:LENGTH] + tail for tail in TAILS]


def growing(seed: str) -> list[str]:
    """Short before long, so that a pattern that is no good is found before it takes an hour."""
    return [
        text[:size] + text[-1:] for size in (500, 5_000) for text in hostile(seed)[:2]
    ] + hostile(seed)


def take(pattern: re.Pattern[Any], text: str, *, searches: bool) -> float:
    """The seconds of CPU that the uses of a pattern take."""
    subject: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
    start = process_time()
    pattern.fullmatch(subject)
    pattern.match(subject)
    if searches:
        pattern.search(subject)
    return process_time() - start


def test_the_patterns_are_found_and_some_are_searched_with() -> None:
    assert len(PATTERNS) > 50
    assert 5 < sum(searches for _, searches in PATTERNS.values()) < len(PATTERNS)


@pytest.mark.parametrize("text", [r"(a+)+\Z", r"\s*a|.*\S.*b"])
def test_a_bad_pattern_would_be_found(text: str) -> None:
    pattern = re.compile(text)
    texts = (short for seed in seeds(pattern) for short in (seed * 22 + "!!", seed * 5_000))
    assert any(take(pattern, one, searches=False) > CPU_SECONDS / 20 for one in texts)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_done_soon_with_every_text(name: str, count: Count) -> None:
    (pattern, searches), tried = PATTERNS[name], 0
    for seed in seeds(pattern):
        for text in growing(seed):
            assert take(pattern, text, searches=searches) < CPU_SECONDS, (seed, len(text))
            tried += 1
    assert tried > 150
    count("patterns that hostile texts were tried on", 1)
