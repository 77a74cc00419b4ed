"""Reads declared settings from an environment that is handed over, and says what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eventkit.auth.issuers import BadIssuers
from eventkit.forms import REQUIRED, Declared


class SetTwice(Exception):
    """A setting stands in the environment and in a file."""


def read(environ: Mapping[str, str], one: Declared, faults: list[str]) -> Any:
    """One setting, or None and another fault."""
    try:
        text = _text(environ, one)
        if text is None:
            if one.default is REQUIRED:
                faults.append(f"{one.name} is missing; it must be {one.form.says}.")
                return None
            return one.default
        return one.form.parse(text)
    except SetTwice:
        faults.append(f"{one.name} and {one.name}_FILE are both set; only one of them may be.")
    except BadIssuers as error:
        faults.append(f"{one.name} {error}")
    except ValueError:
        faults.append(f"{one.name} must be {one.form.says}.")
    except OSError as error:
        faults.append(f"{one.name}_FILE names a file that cannot be read: {error.strerror}.")
    return None


def missing(
    settings: Iterable[tuple[str, Declared]],
    values: Mapping[str, Any],
    needed: Collection[str],
    faults: Iterable[str],
) -> Iterator[str]:
    """What this role needs and is not set; that it was set and wrong is told already."""
    # A client without its secret is none.
    wanted = {*needed, "client_secret"} if values["client_id"] else {*needed}
    told = names(faults)
    for field, one in settings:
        if field in wanted and not values[field] and one.name not in told:
            yield f"{one.name} is missing; this needs it, and it must be {one.form.says}."


def names(faults: Iterable[str]) -> set[str]:
    """The settings of which faults are told."""
    return {fault.split()[0].removesuffix("_FILE") for fault in faults}


def _text(environ: Mapping[str, str], one: Declared) -> str | None:
    path = environ.get(f"{one.name}_FILE") if one.secret or one.in_file else None
    text = environ.get(one.name) or None
    if not path:
        return text
    if text:
        raise SetTwice
    return Path(path).read_text(encoding="utf-8").strip() or None
