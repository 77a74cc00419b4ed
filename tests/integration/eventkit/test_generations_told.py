"""A running service on a suspect store, as callers, operators and scripts see it."""

from pathlib import Path

from local.databases import Databases, connect
from tests.integration.eventkit.http_calls import code, plan
from tests.integration.eventkit.serving import environment, run, serving
from tests.integration.eventkit.things import things

__all__ = ["things"]


def test_a_suspect_store_is_told_and_goes_on_after_the_command(
    things: Databases, tmp_path: Path
) -> None:
    environ = environment(things)
    with serving(environ, tmp_path / "api.log") as api, api.client() as client:
        assert plan(client).status_code == 201
        assert (api.metric("store_suspect"), api.ask("/readyz").json()["warnings"]) == (0, [])
        with connect(things.environment()["DATABASE_URL"]) as database:
            database.execute("SELECT suspect_store('a test')")
        assert code(plan(client)) == (503, "store-suspect")
        assert client.get("/v1/things").status_code == 200
        ready = api.ask("/readyz")
        assert (ready.status_code, "a test" in ready.json()["warnings"][0]) == (200, True)
        assert api.metric("store_suspect") == 1

        said = run(environ, "store-restored")
        assert said.returncode == 0, said.stderr
        assert [line.partition("\t")[0] for line in said.stdout.splitlines()] == [
            "generation",
            "suspicion",
        ]
        assert plan(client).status_code == 201
        assert (api.metric("store_suspect"), api.ask("/readyz").json()["warnings"]) == (0, [])
        again = run(environ, "store-restored")
        assert (again.returncode, "--yes" in again.stderr) == (1, True)


def test_the_command_is_work_of_the_owners_role(things: Databases) -> None:
    environ = environment(things)
    del environ["MIGRATION_DATABASE_URL"]
    refused = run(environ, "store-restored", "--yes")
    assert (refused.returncode, "MIGRATION_DATABASE_URL" in refused.stderr) == (78, True)
