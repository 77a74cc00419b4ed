"""Where a service's events are published, and under which CloudEvents type."""

SERVICES = ("registry", "meetings", "notifications")


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
