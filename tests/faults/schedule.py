"""Which case runs when: drawn from the seed alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random

from tests.faults.case import Case

Cases = Mapping[str, type[Case]]


@dataclass(frozen=True)
class Planned:
    """The case with this id, not before `at` seconds, with chance of its own."""

    at: float
    case: str
    seed: str


def mix(cases: Cases, seed: str) -> Iterator[Planned]:
    """Without an end: a bag of all shared cases, each as often as it weighs, then the next bag."""
    chance, at, number = Random(f"{seed}/schedule"), 3.0, 0
    bag = [name for name, case in cases.items() if case.shared for _ in range(case.weight)]
    while bag:
        chance.shuffle(bag)
        for name in bag:
            number += 1
            yield Planned(round(at, 2), name, f"{seed}/{number}/{name}")
            at += cases[name].seconds + chance.expovariate(0.5)


def again(names: Sequence[str], seed: str) -> Iterator[Planned]:
    """These cases in this order, again and again."""
    for number, name in enumerate(cycle(names), 1):
        yield Planned(0, name, f"{seed}/{number}/{name}")


def alone(cases: Cases, seed: str, seconds: float) -> list[str]:
    """Cases with a site of their own, those that fit into the time, in the seed's order."""
    chance = Random(f"{seed}/alone")
    names = [name for name, case in cases.items() if not case.shared and case.weight]
    chance.shuffle(names)
    fitting, left = [], seconds
    for name in names:
        if cases[name].seconds <= left:
            left -= cases[name].seconds
            fitting.append(name)
    return fitting
