"""DecideProgramme: a programme enters the register once."""

from uuid import UUID

import pytest

from eventkit.domain import Conflict
from registry.domain.programme import PROGRAMME, DecideProgramme

COMMAND = DecideProgramme(
    programme_id=UUID(int=1),
    title="Integration durch Bürgerschaftliches Engagement und Zivilgesellschaft",
    lead="Ministerium für Soziales und Integration",
    decided="Anfang 2018",
)


def test_a_programme_is_decided_with_a_vague_date() -> None:
    (event,) = PROGRAMME.decide(None, COMMAND)
    assert (event.title, event.decided, event.goal) == (COMMAND.title, "Anfang 2018", None)


def test_a_programme_cannot_be_decided_twice() -> None:
    (event,) = PROGRAMME.decide(None, COMMAND)
    with pytest.raises(Conflict):
        PROGRAMME.decide(PROGRAMME.evolve(None, event), COMMAND)
