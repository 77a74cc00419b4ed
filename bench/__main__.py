"""`python -m bench [NAME…]`: measure; exit 1 when a goal is missed."""

from __future__ import annotations

import sys

import click

from bench import access, append, directory, http, rebuilding, slow, start

BENCHES = {
    "access": access.run,
    "append": append.run,
    "http": http.run,
    "import": directory.run,
    "rebuild": rebuilding.run,
    "slow": slow.run,
    "start": start.run,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(BENCHES)))
@click.option("--rounds", default=3, show_default=True, help="How often everything is measured.")
@click.option("--seconds", default=3.0, show_default=True, help="How long one figure is taken.")
def main(names: tuple[str, ...], rounds: int, seconds: float) -> None:
    """Measure speed and memory beside peers. Only ratios within one run mean anything."""
    results = [BENCHES[name](rounds, seconds) for name in names or sorted(BENCHES)]
    sys.exit(0 if all(results) else 1)


# Guarded, because a load generator starts as a process that imports this module.
if __name__ == "__main__":
    main()
