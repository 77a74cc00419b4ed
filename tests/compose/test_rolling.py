"""`make rolling` exchanges all of a composition, and nobody who calls notices."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from local.processes import stop
from local.rolling import exchange_all, in_order
from tests.compose.composed import FILES, Composed
from tests.e2e.api import Api
from tests.e2e.installation import until
from tests.edge.load import LISTS, Load, listed, under_load

pytestmark = pytest.mark.timeout(1800)
# What a release may bring for a server that services wait for.
CHANGED_SERVER = "services: {postgres: {labels: {release: next}}}"
# Lives in the network of a container that was exchanged; it is for tests alone.
RECEIVER = "webhook-receiver"


@contextmanager
def started(composed: Composed, folder: Path) -> Iterator[Counter[str]]:
    """Filled at the end: how often a container of each service was started meanwhile."""
    project = f"label=com.docker.compose.project={composed.composition.project}"
    shown = '{{index .Actor.Attributes "com.docker.compose.service"}}'
    words = ("--filter", project, "--filter", "event=start", "--format", shown)
    counted: Counter[str] = Counter()
    file = folder / "started"
    with file.open("wb") as out:
        # Asked for afterwards, Docker would have forgotten all but the last few.
        watching = subprocess.Popen(["docker", "events", *words], stdout=out)
        try:
            yield counted
        finally:
            stop([watching])
    counted.update(file.read_text("utf-8").split())


def ids(composed: Composed) -> dict[str, str]:
    found = composed.containers()
    return {name: one["Id"] for name, one in found.items() if name != RECEIVER}


def exchange(composed: Composed, folder: Path) -> Load:
    """As for a release with other settings, and with another server that has to wait for `up`."""
    more = folder / "release.yml"
    more.write_text(CHANGED_SERVER, "utf-8")
    composed.composition.env.change({"LOG_LEVEL": "WARNING"})
    composed.tokens.clear()
    held = composed.token("organiser")
    apis = {name: Api(composed.http, composed.url(name), lambda: held) for name in LISTS}
    known = {name: set(listed(api, name)) for name, api in apis.items()}
    lines = len(composed.logged("edge"))
    release = replace(composed.composition, files=(*FILES, more))
    with under_load(apis) as load:
        composed.step("make rolling under load", lambda: exchange_all(release, 0.5))
    assert set(load.ends) == {"200", "201"}, Counter(load.ends)
    until(lambda: len(composed.logged("edge")) >= lines + len(load.ends))
    logged = composed.logged("edge")[lines:]
    assert [line for line in logged if line["status"] >= 400] == []
    assert len(logged) == len(load.ends)
    for name, api in apis.items():
        assert Counter(listed(api, name)) == Counter([*known[name], *load.made[name]])
    return load


def test_no_call_fails_while_every_container_is_exchanged_and_up_leaves_all_as_it_is(
    composed: Composed, tmp_path: Path
) -> None:
    before = ids(composed)
    with started(composed, tmp_path) as starts:
        load = exchange(composed, tmp_path)
    after = ids(composed)
    exchanged = in_order(before)
    assert all(len(load.made[name]) > len(exchanged) for name in LISTS)
    # Migrations run once a service; servers, proxy and catcher were left alone.
    migrations = [f"{name}-migrate" for name in LISTS]
    assert starts == Counter([*exchanged, *migrations])
    assert {name for name in before if before[name] != after[name]} == {*exchanged, *migrations}
    # As `make up` does; what was built already is not built into another image.
    composed.build()
    composed.compose("up", "--detach", "--wait")
    assert ids(composed) == after
    composed.ran.append(f"make rolling: {len(load.ends)} calls at the proxy, none failed")
