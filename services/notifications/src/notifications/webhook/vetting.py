"""Which addresses a webhook may go to: only what is publicly reachable by rule (SSRF).

Everything is refused that is not allowed here. A caller learns that an address is refused, not
why, since the reason would map the network that this service stands in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IPAddress = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label begins with a letter, so that no numeric form of an address is a name.
_NAME = rf"(?P<host>(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?)"
_REST = r"(?P<path>[/?][A-Za-z0-9._~!$&'()*+,;=:@%/?\[\]-]*)?"
_PUBLIC_URL = re.compile(rf"https://{_NAME}(?::(?P<port>443))?{_REST}", re.IGNORECASE | re.ASCII)
_LOOPBACK_URL = re.compile(
    rf"http://(?P<host>localhost|127\.0\.0\.1|\[::1\])(?::(?P<port>[1-9][0-9]{{0,4}}))?{_REST}",
    re.ASCII,
)

# Global unicast, without the blocks of IANA's special-purpose registries.
_GLOBAL_4 = (IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/2"), IPv4Network("192.0.0.0/3"))
_SPECIAL_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
        ),
    )
)
_GLOBAL_6 = (IPv6Network("2000::/3"),)
_SPECIAL_6 = tuple(
    map(
        IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)


class NotAllowed(Exception):
    """A webhook may not go there."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An address in its parts, as a request needs them."""

    host: str
    port: int
    path: str
    encrypted: bool


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What this installation allows; loopback is for development only.

    `own_hosts` are our own public names: a webhook to ourselves would be a way past the proxy.
    """

    allow_loopback: bool = False
    own_hosts: frozenset[str] = frozenset()


def parse(url: str, rules: Rules) -> Target:
    """Take the URL apart; raises NotAllowed for every form that is not the plain allowed one."""
    if len(url) <= 200 and rules.allow_loopback and (found := _LOOPBACK_URL.fullmatch(url)):
        return _target(found, port=80, encrypted=False)
    found = _PUBLIC_URL.fullmatch(url) if len(url) <= 200 else None
    if found is None or len(found["host"]) > 253:
        raise NotAllowed
    if found["host"].lower() in rules.own_hosts:
        raise NotAllowed
    return _target(found, port=443, encrypted=True)


def vet(target: Target, rules: Rules, resolve: Resolve) -> list[IPAddress]:
    """The addresses to connect to; raises NotAllowed unless every one is allowed.

    Connect to one of these and resolve no more, so that a name cannot change in between.
    """
    addresses = [ip_address(text) for text in resolve(target.host, target.port)]
    allowed = is_public if target.encrypted else _is_loopback
    if not addresses or not all(map(allowed, addresses)):
        raise NotAllowed
    if not target.encrypted and not rules.allow_loopback:
        raise NotAllowed
    return addresses


def is_public(address: IPAddress) -> bool:
    """Whether the address is global unicast and in no block with a special purpose."""
    if isinstance(address, IPv4Address):
        return _within(address, _GLOBAL_4) and not _within(address, _SPECIAL_4)
    return _within(address, _GLOBAL_6) and not _within(address, _SPECIAL_6)


def _within(address: IPAddress, blocks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(address in block for block in blocks)


def _is_loopback(address: IPAddress) -> bool:
    return str(address) in ("127.0.0.1", "::1")


def _target(found: re.Match[str], *, port: int, encrypted: bool) -> Target:
    path = found["path"] or "/"
    number = int(found["port"] or port)
    if number > 65535:
        raise NotAllowed
    return Target(
        host=found["host"].lower().strip("[]"),
        port=number,
        path=path if path.startswith("/") else f"/{path}",
        encrypted=encrypted,
    )
