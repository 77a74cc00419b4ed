"""docker-compose.yml starts what the code consists of, and nothing by a name of its own."""

import re
from pathlib import PurePosixPath
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
BESIDE = {
    "mail": "mail",
    "edge": "edge",
    "edge-certificate": "edge",
    "registry-api-2": "edge",
    "meetings-api-2": "edge",
    "notifications-api-2": "edge",
    "prometheus": "monitoring",
    "alertmanager": "monitoring",
    "grafana": "monitoring",
}
OTHERS = SERVERS | set(BESIDE)
IMAGES = [*(f"netztreff-{service.name}" for service in CODE), "netztreff-mail"]
READ = {".md", ".py", ".sh", ".yml", ".conf"}


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
    open_by_default = ("127.0.0.1:", "${EDGE_BIND:-127.0.0.1}:")
    assert [port for port in ports if not port.startswith(open_by_default)] == []


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


def test_the_proxy_has_two_replicas_of_every_api_at_addresses_that_it_knows() -> None:
    known = dict(line.split(":", 1) for line in CONTAINERS["edge"]["extra_hosts"])
    apis = {name: one for name, one in CONTAINERS.items() if name.removesuffix("-2")[-4:] == "-api"}
    assert {name: one["networks"]["edge"]["ipv4_address"] for name, one in apis.items()} == known
    assert len(set(known.values())) == 2 * len(CODE)


@pytest.mark.parametrize("name", ["edge", "prometheus", "alertmanager", "grafana"])
def test_what_an_update_brings_is_mounted_as_a_folder(name: str) -> None:
    """A mounted file would stay what it was: Git, as most, puts another one in its place."""
    read = [one.split(":")[-2] for one in CONTAINERS[name]["volumes"] if one.endswith(":ro")]
    assert read
    assert not [target for target in read if PurePosixPath(target).suffix]


def test_nobody_is_told_to_send_a_signal_to_what_goes_on() -> None:
    """Docker takes it for ended by hand then, and does not start it with the machine."""
    signals = re.compile(r"""kill["', ]+(?:--signal|-s)["', =]+(?:SIG)?(\w+)""")
    folders = (ROOT / "docs", ROOT / "deploy")
    files = [one for folder in folders for one in folder.rglob("*") if one.suffix in READ]
    sent = {name for file in files for name in signals.findall(file.read_text("utf-8"))}
    # A container that leaves is taken away right after, and another one started.
    assert sent == {"USR1"}


def test_each_of_our_images_is_built_for_one_container_and_pulled_by_none() -> None:
    """Two builds under one name are two images, of which chance leaves one."""
    ours = {name: one for name, one in CONTAINERS.items() if one["image"] in IMAGES}
    assert sorted(one["image"] for one in ours.values() if "build" in one) == sorted(IMAGES)
    assert [name for name, one in ours.items() if one.get("pull_policy") != "never"] == []
    # A role that is started alone has its image built by the one that it waits for.
    waits = {name: one["depends_on"] for name, one in ours.items() if "build" not in one}
    assert [name for name, one in waits.items() if f"{name.split('-')[0]}-migrate" not in one] == []
    assert [name for name, one in CONTAINERS.items() if "build" in one and name not in ours] == []


def test_only_the_proxy_is_believed_about_who_calls() -> None:
    trusted = CONTAINERS["registry-api"]["environment"]["TRUSTED_PROXIES"]
    address = CONTAINERS["edge"]["networks"]["edge"]["ipv4_address"]
    assert trusted == f"${{TRUSTED_PROXIES:-{address}}}"


def test_prometheus_asks_every_container_of_the_services() -> None:
    file = ROOT / "deploy" / "monitoring" / "prometheus.yml"
    (job, _) = yaml.safe_load(file.read_text("utf-8"))["scrape_configs"]
    (names,) = [found["names"] for found in job["dns_sd_configs"]]
    ours = {name for name, one in CONTAINERS.items() if one["image"].startswith("netztreff-")}
    lasting = {name for name in ours if not name.endswith("-migrate")} - {"mail"}
    assert set(names) == lasting


@pytest.mark.parametrize("name", sorted(set(CONTAINERS) - SERVERS))
def test_a_container_may_do_no_more_than_it_has_to(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
