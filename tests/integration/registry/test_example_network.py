"""The example's register, loaded over HTTP; loaded again, it changes nothing."""

import httpx
import sqlalchemy as sa
from loader.client import Api
from loader.files import Files
from loader.register import load_register

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from tests.integration.registry.conftest import Callers, told


def events(callers: Callers) -> int:
    with callers.kit.engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one())


def test_the_example_is_loaded_once_however_often_it_is_loaded(callers: Callers) -> None:
    signer = Signer.from_settings(callers.kit.settings)
    token = signer.sign(Principal(subject="example", role="organiser"))
    transport = httpx.WSGITransport(app=callers.app)
    registry = Api("registry", "http://registry.example.org", token, transport)
    loaded = load_register(registry, Files())
    stored = events(callers)
    assert load_register(registry, Files()) == loaded
    assert events(callers) == stored
    seats = told(callers.organiser.get(f"/v1/programmes/{loaded.programme_id}/seats"))["items"]
    assert [seat["contact_id"] is None for seat in seats] == [False] * 6
    cohort = loaded.cohorts["2018/2019"]
    (only,) = told(callers.organiser.get(f"/v1/cohorts/{cohort}/participations"))["items"]
    assert only["party"] == {"kind": "municipality", "key": "08231000"}
    registry.close()
