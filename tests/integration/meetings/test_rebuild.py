"""Every read model comes out of the events alone, equal to the live one."""

import pytest

from eventkit.origins import OwnEvents
from eventkit.readmodel import ReadModel
from eventkit.rebuild import contents_hash, rebuild
from meetings.app import SERVICE
from tests.integration.meetings import october
from tests.integration.meetings.conftest import COHORT, EARLIER_COHORT, Callers, told

GUEST = {"side": "guest", "name": "Gast", "email": "gast@example.org"}


@pytest.fixture(scope="module")
def past(callers: Callers) -> None:
    """A full meeting whose first guest left, and history with results, one of them withdrawn."""
    organiser, meeting = callers.organiser, callers.open(capacity=1)
    first, _ = (
        organiser.create(f"{meeting}/registrations", GUEST | {"name": name}) for name in "AB"
    )
    told(organiser.post(f"{meeting}/registrations/{first}/withdraw"), 204)
    record = f"/v1/meetings/{organiser.create('/v1/meetings/records', october.RECORD)}"
    told(organiser.set(record, "agenda", {"items": october.AGENDA}))
    organiser.create(f"{record}/stories", {"statements": october.told_statements()})
    cohorts = {"from_cohort_id": str(EARLIER_COHORT), "to_cohort_id": str(COHORT)}
    organiser.create(f"{record}/tendencies", cohorts | {"pairs": october.seen_pairs()})
    story = organiser.items(f"{record}/stories")[0]["story_id"]
    told(organiser.post(f"{record}/stories/{story}/withdraw", {"reason": "Wunsch"}), 204)


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("model", SERVICE.read_models, ids=lambda model: model.name)
def test_a_rebuilt_read_model_equals_the_live_one(
    callers: Callers, environment: dict[str, str], model: ReadModel
) -> None:
    engine = callers.kit.engine
    before = contents_hash(engine, model.table.name)
    url = environment["MIGRATION_DATABASE_URL"]
    assert rebuild(url, OwnEvents(callers.kit.store), model) > 50
    assert contents_hash(engine, model.table.name) == before
    with engine.connect() as connection:
        assert connection.execute(model.table.select()).first() is not None
