"""Routes with their schemas: flask-smorest's Blueprint, typed, strict, and documenting itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

import flask_smorest
from marshmallow import Schema

from eventkit.http.arguments import BODY_LIMIT, Arguments, take_body
from eventkit.http.deprecation import Deprecation, mark
from eventkit.http.openapi import describe

View = TypeVar("View", bound=Callable[..., Any])
Documentation = dict[str, Any]


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # published without types
    """A group of routes. Decorate a view with `route`, then `arguments`, then `response`."""

    ARGUMENTS_PARSER = Arguments()

    def __init__(
        self, name: str, import_name: str, *, url_prefix: str, description: str = ""
    ) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix, description=description)
        self._prepare_doc_cbks.append(describe)

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Bind a view to a path below the prefix; `methods` as in Flask."""
        return cast(Callable[[View], View], super().route(rule, **options))

    def arguments(
        self, schema: type[Schema] | Schema, *, location: str = "json", **documentation: Any
    ) -> Callable[[View], View]:
        """Give the view the checked body (or `location="query"`, `"form"`) as next argument."""
        document = super().arguments(schema, location=location, **documentation)

        def decorate(view: View) -> View:
            checked = cast(View, document(view))
            if location == "query":
                loader = schema() if isinstance(schema, type) else schema
                vars(checked)["query_names"] = frozenset(loader.fields)
            return checked

        return decorate

    def response(
        self,
        status_code: int,
        schema: type[Schema] | Schema | None = None,
        **documentation: Any,
    ) -> Callable[[View], View]:
        """Say what the view answers; what is no Response already is dumped with the schema."""
        decorate = super().response(status_code, schema, **documentation)
        return cast(Callable[[View], View], decorate)

    def doc(self, **documentation: Any) -> Callable[[View], View]:
        """Add to the operation's OpenAPI description."""
        return cast(Callable[[View], View], super().doc(**documentation))

    def deprecated(self, deprecation: Deprecation) -> Callable[[View], View]:
        """Say that the view goes, or one of its query parameters; put it below `route`.

        A parameter also wants `metadata={"deprecated": True}` in its schema.
        """

        def decorate(view: View) -> View:
            marked = mark(view, deprecation)
            return marked if deprecation.parameter else self.doc(deprecated=True)(marked)

        return decorate

    def upload(
        self, content_type: str = "text/plain", *, limit: int = BODY_LIMIT
    ) -> Callable[[View], View]:
        """Give the view the raw body as next argument, up to `limit` bytes."""
        body = {"content": {content_type: {"schema": {"type": "string"}}}, "required": True}

        def decorate(view: View) -> View:
            @wraps(view)
            def uploaded(*args: Any, **kwargs: Any) -> Any:
                return view(*args, take_body(content_type), **kwargs)

            vars(uploaded)["body_limit"] = limit
            return self.doc(requestBody=body)(cast(View, uploaded))

        return decorate

    def _store_endpoint_docs(
        self,
        endpoint: str,
        view: Callable[..., Any],
        parameters: list[Mapping[str, Any]] | None,
        tags: list[str] | None,
        **options: Any,
    ) -> None:
        super()._store_endpoint_docs(endpoint, view, parameters, tags, **options)
        for method, documented in self._docs[endpoint].items():
            if method != "parameters":
                documented["endpoint"] = f"{self.name}.{endpoint}"
