"""Every role of every service is exchanged, one after another, and nobody who calls notices."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import wait_until
from local.rolling import alone, in_order, roll
from tests.conftest import MakeDatabases
from tests.e2e.api import Api
from tests.edge.load import LISTS, listed, under_load, wanted
from tests.edge.roles import Roles, all_roles


@pytest.fixture
def roles(databases: MakeDatabases, kafka: str, tmp_path: Path) -> Iterator[Roles]:
    with all_roles(databases, kafka, tmp_path) as running:
        yield running


@pytest.mark.timeout(900)
def test_no_request_fails_while_every_role_is_exchanged(roles: Roles) -> None:
    held = roles.token()
    with roles.proxy.client("registry") as http:
        apis = {name: Api(http, roles.proxy.url(name), lambda: held) for name in LISTS}
        before = [role.process.pid for role in roles.running]
        with under_load(apis) as load:
            roll(roles.running, wait=1.5)
        assert not {role.process.pid for role in roles.running} & set(before)
        assert set(load.ends) == {"200", "201"}, Counter(load.ends)
        wait_until(
            lambda: len(roles.proxy.lines()) == len(load.ends), what="every line", seconds=30
        )
        assert [line for line in roles.proxy.lines() if line["status"] >= 400] == []
        for name, api in apis.items():
            assert Counter(listed(api, name)) == Counter(load.made[name])
            assert len(load.made[name]) > len(roles.running)
        # The relay, the topic and the consumer have told what was made before and after.
        programme = apis["registry"].create("/v1/programmes", {"title": "Danach"})["id"]
        body = wanted("meetings") | {"programme_id": programme}
        assert apis["meetings"].create("/v1/meetings", body)


def test_who_follows_is_exchanged_before_whom_it_follows() -> None:
    names = ["postgres", "registry-api-2", "registry-api", "meetings-api", "meetings-relay", "edge"]
    ordered = ["meetings-relay", "meetings-api", "registry-api", "registry-api-2"]
    assert in_order(names) == ordered
    assert alone(ordered) == ["meetings"]
