"""Bodies that no service may take, whatever its routes, and what each of them may be answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any

MEBIBYTE = 1024 * 1024
# Beyond any type, length and range that a schema gives.
WRONG: tuple[Any, ...] = (
    None, True, -1, 1.5, 10**30, 1e300, "", " ", "x" * 30_000, "\u202e", "2021-02-30T25:00:00Z",
    [], [None], [[]], {}, {"kind": "municipality"}, {"": ""},
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BadBody:
    """Bytes with a media type; `statuses` are the answers that tell the caller what is wrong."""

    name: str
    content: bytes
    statuses: frozenset[int]
    media_type: str = "application/json"

    def __str__(self) -> str:
        return self.name


def bad_bodies(schema: Mapping[str, Any]) -> Iterator[BadBody]:
    """Everything bad that can be made up for one route from its documented schema."""
    yield from UNPARSABLE
    yield from WRONG_TYPES
    members = schema.get("properties", {})
    yield misfit("an unknown member", {"no_such_member": 1})
    yield misfit("a name with NUL", {"a\x00b": 1})
    for name in members:
        for text in ("a\x00b", "a\x1bb", "\x7f"):
            yield misfit(f"{name} with {text!r}", {name: text})
    for number, value in enumerate(WRONG):
        yield misfit(f"wrong values {number}", dict.fromkeys(members, value) | {"no_such": value})


def misfit(name: str, value: Any) -> BadBody:
    return BadBody(name=name, content=dumps(value).encode(), statuses=frozenset({422}))


def unparsable(name: str, content: bytes, *statuses: int) -> BadBody:
    return BadBody(name=name, content=content, statuses=frozenset(statuses or {400}))


UNPARSABLE = (
    unparsable("nothing", b""),
    unparsable("half an object", b'{"title": '),
    unparsable("two objects", b"{} {}"),
    unparsable("duplicate members", b'{"title": "a", "title": "b"}'),
    unparsable("a lone surrogate", b'{"title": "\\ud800"}'),
    unparsable("bytes that are no UTF-8", b'{"title": "\xff"}'),
    unparsable("UTF-16", '{"title": "a"}'.encode("utf-16")),
    unparsable("a byte order mark", b"\xef\xbb\xbf{}"),
    unparsable("NaN", b'{"count": NaN}'),
    unparsable("a number of 5000 digits", b'{"count": ' + b"9" * 5000 + b"}", 400, 422),
    unparsable("33 levels", b'{"a":' * 32 + b"[]" + b"}" * 32),
    unparsable("100000 levels", b"[" * 100_000),
    unparsable("one byte too much", b" " * (MEBIBYTE + 1), 413),
    unparsable("null", b"null", 422),
    unparsable("a list", b"[]", 422),
    unparsable("a text", b'"title"', 422),
)
WRONG_TYPES = tuple(
    BadBody(
        name=f"as {media_type!r}", content=b"{}", statuses=frozenset({415}), media_type=media_type
    )
    for media_type in (
        "",
        "text/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
    )
)
