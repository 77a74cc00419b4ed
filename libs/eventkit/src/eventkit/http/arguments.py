"""What a view gets: the body, the form or the query, parsed strictly and checked by a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from flask import g, request
from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header

from eventkit.crash_points import reach
from eventkit.http.body import has_control, parse
from eventkit.http.problems import HttpRefusal, faults

View = Callable[..., Any]
BODY_LIMIT = 1024 * 1024
_FORM = "application/x-www-form-urlencoded"


class Arguments:
    """Takes webargs' place below flask-smorest, which documents what this enforces."""

    DEFAULT_VALIDATION_STATUS = 422

    def use_args(
        self, schema: Schema | type[Schema], *, location: str = "json"
    ) -> Callable[[View], View]:
        """Give the view what `location` (json, form, query) holds as its next argument."""
        loader = schema() if isinstance(schema, type) else schema
        read = _READERS[location]
        if location == "query":
            names = loader.fields.keys() | _read_elsewhere(loader)
            loader.error_messages["unknown"] = unknown_parameter(names)

        def decorate(view: View) -> View:
            @wraps(view)
            def checked(*args: Any, **kwargs: Any) -> Any:
                return view(*args, read(loader), **kwargs)

            return checked

        return decorate


def take_body(content_type: str) -> bytes:
    """The whole body, if it is of this type and in UTF-8; raises HttpRefusal (413, 415)."""
    given, options = parse_options_header(request.headers.get("Content-Type"))
    charset = options.pop("charset", "utf-8").lower()
    if given != content_type or charset not in ("utf-8", "utf8", "us-ascii") or options:
        raise HttpRefusal(
            415,
            "unsupported-media-type",
            f"Send {content_type} in UTF-8.",
            headers={"Accept": content_type},
        )
    content = request.get_data(cache=True)
    if len(content) >= (request.max_content_length or BODY_LIMIT):
        raise RequestEntityTooLarge
    return content


def check(loader: Schema, value: object) -> Any:
    """Load with the schema; raises HttpRefusal (422) with a pointer for each fault."""
    try:
        return loader.load(value)  # type: ignore[arg-type]  # a wrong type is told as a fault
    except ValidationError as error:
        raise invalid(faults(error.messages)) from error
    except (OverflowError, RecursionError) as error:
        raise invalid([{"detail": "A value is out of range.", "pointer": "#"}]) from error


def invalid(errors: list[dict[str, str]]) -> HttpRefusal:
    return HttpRefusal(422, "invalid", "The request does not fit its schema.", errors=errors)


def unknown_parameter(known: Iterable[str]) -> str:
    names = ", ".join(sorted(known))
    return f"Unknown parameter; there are {names}." if names else "There are no parameters here."


def _json(loader: Schema) -> Any:
    value = check(loader, parse(take_body("application/json")))
    reach("api.parsed")
    return value


def _form(loader: Schema) -> Any:
    # Werkzeug parses the cached body; what is not UTF-8 became U+FFFD there and is refused below.
    raw = take_body(_FORM)
    if not raw.isascii():
        raise HttpRefusal(400, "unparsable", "The form is not percent-encoded.")
    return check(loader, _members(request.form, loader))


def _query(loader: Schema) -> Any:
    g.query_parameters = g.get("query_parameters", frozenset()) | frozenset(loader.fields)
    paging = _read_elsewhere(loader)
    known_elsewhere = MultiDict(
        [(name, text) for name, text in request.args.items(multi=True) if name not in paging]
    )
    try:
        return loader.load(_members(known_elsewhere, loader))
    except ValidationError as error:
        raise invalid(_as_parameters(faults(error.messages))) from error


def _read_elsewhere(loader: Schema) -> frozenset[str]:
    """What a list reads by itself; the query of one thing says that it has no pages."""
    return PAGING if getattr(loader, "is_paged", True) else frozenset()


def _members(given: MultiDict[str, str], loader: Schema) -> Mapping[str, Any]:
    members: dict[str, Any] = {}
    for name, texts in given.lists():
        if any(has_control(text) or "\ufffd" in text for text in (name, *texts)):
            raise invalid([{"detail": "Control characters are not allowed.", "parameter": name}])
        if isinstance(loader.fields.get(name), fields.List):
            members[name] = texts
        elif len(texts) > 1:
            raise invalid([{"detail": "Given more than once.", "parameter": name}])
        else:
            members[name] = texts[0]
    return members


def _as_parameters(found: list[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {"detail": fault["detail"], "parameter": fault["pointer"].split("/")[1]}
        if "/" in fault["pointer"]
        else fault
        for fault in found
    ]


PAGING = frozenset({"limit", "cursor"})
_READERS: Mapping[str, Callable[[Schema], Any]] = {"json": _json, "form": _form, "query": _query}
