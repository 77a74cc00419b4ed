"""Where a service's events are published, and under which CloudEvents type."""

SERVICES = ("registry", "meetings", "notifications")
# Modules of contracts.events that are named otherwise than the service that publishes theirs.
_PUBLISHERS = {
    "agenda": "meetings",
    "contacts": "registry",
    "participants": "meetings",
    "results": "meetings",
}


def publisher(module: str) -> str:
    """The service whose events a module of contracts.events declares."""
    name = module.rpartition(".")[2]
    return _PUBLISHERS.get(name, name)


def topic(service: str) -> str:
    """The service's one Kafka topic, keyed by stream."""
    return f"netztreff.{service}"


def cloud_type(wire: str) -> str:
    """The CloudEvents `type` of an event: its wire name below our prefix."""
    return f"netztreff.{wire}"


def wire_of(cloud_type: str) -> str:
    """The wire name inside a CloudEvents `type`; raises ValueError for a foreign one."""
    prefix, _, name = cloud_type.partition(".")
    if prefix != "netztreff" or not name:
        raise ValueError(f"{cloud_type!r} is no event of this network.")
    return name


def schema_uri(source: str, wire: str) -> str:
    """Where the service with this `source` serves the JSON Schema of an event's data."""
    return f"{source}/schemas/{wire}"


def catalogue_uri(source: str, wire: str) -> str:
    """Where people read about an event of the service with this `source`."""
    return f"{source}/catalogue#{wire}"
