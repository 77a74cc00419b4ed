"""Rounds of contestants, run one after another so that a round's figures can be paired."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Contestant = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """`who` is to reach `at_least` times what `beside` reaches in the same round."""

    who: str
    beside: str
    at_least: float


def compete(contestants: Mapping[str, Contestant], rounds: int) -> dict[str, list[float]]:
    """Each contestant's figure a round; the order within a round is shuffled.

    A first round counts for nobody: caches, files and plans of whoever comes first are cold.
    """
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for name, contestant in contestants.items():
        print(f"  warming up: {name} …".ljust(78), end="\r", flush=True)
        contestant()
    for number in range(1, rounds + 1):
        for name in random.sample(list(contestants), len(contestants)):
            print(f"  round {number}/{rounds}: {name} …", end="\r", flush=True)
            figures[name].append(contestants[name]())
            print(" " * 78, end="\r")
    return figures


def report(title: str, unit: str, figures: dict[str, list[float]], goals: list[Goal]) -> bool:
    """Print medians, spreads and the goals' paired ratios; True when all goals are reached."""
    print(f"\n{title} ({unit}; median, min-max)")
    for name, values in figures.items():
        print(f"  {name:<44}{median(values):>10,.0f}  {min(values):,.0f}-{max(values):,.0f}")
    reached = [_goal(figures, goal) for goal in goals]
    return all(reached)


def _goal(figures: dict[str, list[float]], goal: Goal) -> bool:
    pairs = zip(figures[goal.who], figures[goal.beside], strict=True)
    ratio = median(mine / theirs for mine, theirs in pairs)
    reached = ratio >= goal.at_least
    verdict = "reached" if reached else "MISSED"
    print(f"  {goal.who} / {goal.beside}: {ratio:.2f} (goal {goal.at_least}) {verdict}")
    return reached
