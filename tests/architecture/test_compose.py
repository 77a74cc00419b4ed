"""docker-compose.yml starts what the code consists of, and nothing by a name of its own."""

from typing import Any

import pytest
import yaml

import meetings.app
import notifications.app
import registry.app
from eventkit.service import Service
from tests.architecture.project import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
CODE = [registry.app.SERVICE, meetings.app.SERVICE, notifications.app.SERVICE]
SERVERS = {"postgres", "kafka"}
# What stands beside the services, each behind the profile that brings it.
BESIDE = {"mail": "mail"}
OTHERS = SERVERS | set(BESIDE)


def roles(service: Service) -> set[str]:
    found = {"migrate", "api", "relay", "worker"}
    if service.subscriptions:
        found.add("consumer")
    return found


def test_compose_runs_exactly_the_roles_that_exist() -> None:
    wanted = {f"{service.name}-{role}" for service in CODE for role in roles(service)}
    assert set(CONTAINERS) - OTHERS == wanted


@pytest.mark.parametrize("name", sorted(set(CONTAINERS) - OTHERS))
def test_a_container_runs_the_role_of_its_name(name: str) -> None:
    service, _, role = name.partition("-")
    assert CONTAINERS[name]["command"] == [service, role]
    assert CONTAINERS[name]["image"] == f"netztreff-{service}"


@pytest.mark.parametrize("name", sorted(set(CONTAINERS) - OTHERS))
def test_only_migrations_know_the_owner_of_the_data(name: str) -> None:
    knows = any("_owner" in str(value) for value in CONTAINERS[name]["environment"].values())
    assert knows == name.endswith("-migrate")


def test_no_port_is_open_to_other_machines() -> None:
    ports = [port for container in CONTAINERS.values() for port in container.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_secret_stands_in_the_file() -> None:
    secret = ("PASSWORD", "KEY", "SECRET")
    written = [
        name
        for container in CONTAINERS.values()
        for name, value in container.get("environment", {}).items()
        if name.endswith(secret) and not str(value).startswith("${")
    ]
    assert written == []


def test_the_tests_use_the_images_that_compose_runs() -> None:
    servers = (ROOT / "tests" / "servers.py").read_text("utf-8")
    assert [name for name in SERVERS if f'"{CONTAINERS[name]["image"]}"' not in servers] == []


def test_what_stands_beside_the_services_comes_with_a_profile_alone() -> None:
    profiles = {name: one["profiles"] for name, one in CONTAINERS.items() if "profiles" in one}
    assert profiles == {name: [profile] for name, profile in BESIDE.items()}
