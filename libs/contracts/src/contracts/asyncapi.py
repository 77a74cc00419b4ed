"""The AsyncAPI 3.1 document of a service: what it tells by topic and feed, and what it hears."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from contracts.attributes import attributes, headers
from contracts.catalog import EventType, published_by
from contracts.envelope import BATCH, JSON, to_kafka, to_structured
from contracts.examples import sample
from contracts.schemas import json_schema
from contracts.topics import catalogue_uri, cloud_type, schema_uri, topic

Json = dict[str, Any]

_FEED_QUERY = {
    "lastEventId": {"type": "string", "description": "Only what comes after this event or cursor."},
    "timeout": {"type": "integer", "description": "Milliseconds to wait for an event."},
    "type": {"type": "array", "items": {"type": "string"}, "description": "Only these types."},
    "subject": {"type": "string", "description": "Only the events of this stream."},
    "fromVersion": {"type": "integer", "description": "With subject: from this version on."},
    "limit": {"type": "integer", "description": "How many events at most."},
}


def document(service: str, source: str, *, hears: Sequence[str], on_kafka: bool) -> Json:
    """Describe a service at this address; `hears` names the services that it listens to.

    Their events are known as far as this process has imported their declarations.
    """
    heard = _heard_on_kafka(hears) if on_kafka else _heard_by_feed(hears)
    own = _told_on_kafka(service) if on_kafka else {}
    return {
        "asyncapi": "3.1.0",
        "id": source,
        "info": _info(service, source),
        "defaultContentType": JSON,
        "servers": _servers(source, hears, on_kafka=on_kafka),
        "channels": {
            "feed": _feed(service, "own"),
            **{f"{name}Topic": _topic(name) for name in ([service, *hears] if on_kafka else [])},
            **{f"{name}Feed": _feed(name, name) for name in ([] if on_kafka else hears)},
        },
        "operations": {"sendFeed": _asked("send", "feed"), **own, **heard},
        "components": _components([service, *hears], source),
    }


def _told_on_kafka(service: str) -> Json:
    return {"sendTopic": _operation("send", f"{service}Topic", published_by(service))}


def _heard_on_kafka(hears: Sequence[str]) -> Json:
    return {
        f"receive{name.capitalize()}": _operation("receive", f"{name}Topic", published_by(name))
        for name in hears
    }


def _heard_by_feed(hears: Sequence[str]) -> Json:
    return {f"receive{name.capitalize()}": _asked("receive", f"{name}Feed") for name in hears}


def _info(service: str, source: str) -> Json:
    return {
        "title": f"Netztreff {service}: events",
        "version": "1",
        "description": "Facts as CloudEvents 1.0, in the order of their stream (`subject`). What "
        "comes twice has the same `id`. The catalogue says what each event means.",
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "tags": [{"name": service}],
        "externalDocs": {"description": "The catalogue", "url": f"{source}/catalogue"},
    }


def _servers(source: str, hears: Sequence[str], *, on_kafka: bool) -> Json:
    """Addresses inside the installation stay out of a document that everybody may read."""
    url = urlsplit(source)
    # Where nobody said how others reach the service, its address to listen at is no host to call.
    host = url.netloc.replace("0.0.0.0", "localhost").replace("[::]", "localhost")  # noqa: S104
    own = {"host": host, "protocol": url.scheme, "description": "The service's API."}
    if url.path:
        own["pathname"] = url.path
    if on_kafka:
        return {
            "own": own,
            "kafka": _hidden("kafka", "kafka", "For the network's own services only."),
        }
    return {"own": own} | {name: _hidden(name, "https", f"The {name}'s API.") for name in hears}


def _hidden(name: str, protocol: str, description: str) -> Json:
    variable = {"description": "The operator knows it.", "default": f"{name}.example.org"}
    return {
        "host": "{address}",
        "protocol": protocol,
        "description": description,
        "variables": {"address": variable},
    }


def _topic(service: str) -> Json:
    return {
        "address": topic(service),
        "description": "CloudEvents in binary mode, keyed by stream. Nothing expires.",
        "servers": [_ref("servers", "kafka")],
        "messages": _refs("components", "messages", of=_wires(published_by(service))),
        "bindings": {"kafka": {"topic": topic(service), "bindingVersion": "0.5.0"}},
    }


def _feed(service: str, server: str) -> Json:
    return {
        "address": "/events",
        "description": "The same events in order, for who asks: batches of CloudEvents. `Link: "
        "rel=next` names the next page, on the last as well.",
        "servers": [_ref("servers", server)],
        "messages": _refs("components", "messages", of=[f"{service}.batch"]),
    }


def _operation(action: str, channel: str, events: Iterable[EventType]) -> Json:
    messages = list(_refs("channels", channel, "messages", of=_wires(events)).values())
    return {"action": action, "channel": _ref("channels", channel), "messages": messages}


def _asked(action: str, channel: str) -> Json:
    query = {"type": "object", "properties": _FEED_QUERY}
    return {
        "action": action,
        "channel": _ref("channels", channel),
        "security": [_ref("components", "securitySchemes", "bearer")],
        "bindings": {"http": {"method": "GET", "query": query, "bindingVersion": "0.3.0"}},
    }


def _components(services: Sequence[str], source: str) -> Json:
    events = [one for name in services for one in published_by(name)]
    batches = {f"{name}.batch": _batch(name, source) for name in services}
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return {
        "schemas": {one.wire: _payload(one) for one in events},
        "messages": {one.wire: _message(one, source) for one in events} | batches,
        "messageTraits": {"cloudEvent": _TRAIT},
        "securitySchemes": {"bearer": bearer},
    }


_TRAIT: Json = {
    "headers": headers(),
    "correlationId": {"location": "$message.header#/ce_correlationid"},
    "bindings": {
        "kafka": {
            "key": {"type": "string", "description": "The stream, as in `ce_subject`."},
            "bindingVersion": "0.5.0",
        }
    },
}


def _payload(declared: EventType) -> Json:
    schema = json_schema(declared, "published")
    return {key: value for key, value in schema.items() if not key.startswith("$")}


def _message(declared: EventType, source: str) -> Json:
    sent = sample(declared, source)
    _, told, _ = to_kafka(sent)
    described: Json = {
        "name": cloud_type(declared.wire),
        "title": declared.cls.__name__,
        "summary": declared.meaning,
        "contentType": JSON,
        "traits": [_ref("components", "messageTraits", "cloudEvent")],
        "headers": {
            "type": "object",
            "properties": {
                "ce_type": {"const": cloud_type(declared.wire)},
                "ce_dataschema": {"const": schema_uri(source, declared.wire)},
            },
        },
        "payload": _ref("components", "schemas", declared.wire),
        "examples": [
            {
                "headers": {name: text.decode() for name, text in told},
                "payload": json.loads(sent.data),
            }
        ],
        "externalDocs": {"url": catalogue_uri(source, declared.wire)},
    }
    return described | ({"deprecated": True} if declared.deprecated else {})


def _batch(service: str, source: str) -> Json:
    events = published_by(service)
    return {
        "name": f"{service}.batch",
        "title": "Batch of CloudEvents",
        "summary": "Events in order, none at the end for now.",
        "contentType": BATCH,
        "payload": {
            "type": "array",
            "items": {"allOf": [attributes(), {"oneOf": [_data(one) for one in events]}]},
        },
        "examples": [
            {"payload": [json.loads(to_structured(sample(one, source)))]} for one in events[:1]
        ],
    }


def _data(declared: EventType) -> Json:
    return {
        "type": "object",
        "properties": {
            "type": {"const": cloud_type(declared.wire)},
            "data": _ref("components", "schemas", declared.wire),
        },
    }


def _wires(events: Iterable[EventType]) -> list[str]:
    return [one.wire for one in events]


def _refs(*path: str, of: Iterable[str]) -> Json:
    return {name: _ref(*path, name) for name in of}


def _ref(*path: str) -> Json:
    return {"$ref": "#/" + "/".join(path)}
