"""The forms that settings are written in: how each is read, and how it is named to people."""

from __future__ import annotations

import dataclasses
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eventkit import crash_points
from eventkit.auth.issuers import parse_issuers

Address = tuple[str, int]
Networks = tuple[IPv4Network | IPv6Network, ...]
# Requests, and the seconds in which they are counted.
Rate = tuple[int, int]
REQUIRED = object()
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class Form:
    """How a setting is written: `parse` raises ValueError, `says` completes "must be".

    What `is_url` may have a password in it.
    """

    parse: Callable[[str], Any]
    says: str
    is_url: bool = False


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a setting is, for reading it and for the reference.

    A secret, and what is long (`in_file`), may stand in a file that `<name>_FILE` names. What is
    for `development` is refused in production. `about` says what it is for, `read_by` by whom.
    """

    name: str
    form: Form
    default: Any
    about: str
    read_by: str
    secret: bool
    in_file: bool
    development: bool


def setting(name: str, form: Form, about: str = "", *, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare a field of Settings or of a service's subclass; without a default it is required.

    `more` is read_by, secret, in_file and development of Declared.
    """
    flags: dict[str, Any] = {
        "read_by": "every role and command",
        "secret": False,
        "in_file": False,
        "development": False,
    } | more
    declared = Declared(name=name, form=form, default=default, about=about, **flags)
    return dataclasses.field(metadata={"declared": declared}, repr=not declared.secret)


def url(*schemes: str) -> Form:
    """A URL of one of the schemes, kept as text without a trailing slash."""

    def parse(text: str) -> str:
        parts = urlsplit(text)
        # Asking for the port raises where it is none.
        known = parts.scheme in schemes and parts.port != 0
        if not known or not (parts.netloc or parts.path.strip("/")):
            raise ValueError
        return text.rstrip("/")

    return Form(parse, f"a URL such as {schemes[0]}://…", is_url=True)


def number(low: int, high: int) -> Form:
    """A whole number between the two, both allowed."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Form(parse, f"a whole number from {low} to {high}")


def one_of(*choices: str) -> Form:
    """One word of a few, in any case."""

    def parse(text: str) -> str:
        found = [choice for choice in choices if choice.lower() == text.lower()]
        if not found:
            raise ValueError
        return found[0]

    return Form(parse, "one of " + ", ".join(choices))


def _key(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except NotBase64 as error:
        raise ValueError from error
    if len(raw) != 32:
        raise ValueError
    return raw


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError
    return host.strip("[]"), int(port)


def _flag(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError
    return words[text.lower()]


def _brokers(text: str) -> tuple[str, ...]:
    servers = tuple(part.strip() for part in text.split(",") if part.strip())
    if not servers:
        raise ValueError
    for server in servers:
        _address(server)
    return servers


def _word(text: str) -> str:
    if not text or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError
    return text


def _place(text: str) -> str:
    if not Path(text).is_absolute() or not Path(text).parent.is_dir():
        raise ValueError
    return text


def _rate(text: str) -> Rate | None:
    if text.lower() in ("off", "0"):
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,6})/([1-9][0-9]{0,2} )?(second|minute|hour)s?", text)
    if found is None:
        raise ValueError
    return int(found[1]), int(found[2] or 1) * _SECONDS[found[3]]


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host) for host in hosts):
        raise ValueError
    return hosts


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin) for origin in origins):
        raise ValueError
    return origins


def _networks(text: str) -> Networks:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


LEVEL = one_of("DEBUG", "INFO", "WARNING", "ERROR")
MODE = one_of("production", "development")
KEY = Form(_key, "32 bytes in base64 (openssl rand -base64 32)")
ADDRESS = Form(_address, "host:port")
FLAG = Form(_flag, "true or false")
TEXT = Form(str, "text")
PLACE = Form(_place, "the absolute path of a file in a folder that exists")
WORD = Form(_word, "text without blanks")
HTTP = url("http", "https")
DATABASE = url("postgresql", "postgres", "postgresql+psycopg")
ISSUERS = Form(parse_issuers, "a JSON list of issuers")
BROKERS = Form(_brokers, "host:port, or several with commas")
RATE = Form(_rate, "a number of requests in a time such as 600/minute, or off")
HOSTS = Form(_hosts, "host names without ports, with commas")
ORIGINS = Form(_origins, "origins such as https://netz.example.org, with commas")
CRASH_AT = Form(
    crash_points.parse, "a crash point of eventkit.crash_points, such as append.after:50"
)
NETWORKS = Form(_networks, "addresses or networks such as 10.0.0.0/24, with commas")
