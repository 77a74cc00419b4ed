"""A store whose heads are kept, and the file that they are written to."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from eventkit.database import driver, session
from eventkit.unit import Kit
from eventkit.verifying.exports import lines_of
from eventkit.verifying.signed import Statement, key_of, opened
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan

ONE, OTHER = UUID(int=1), UUID(int=2)


def store(kit: Kit, key: UUID, *titles: str) -> None:
    for title in titles:
        kit.execute(SAMPLE, key, plan(key, title), context=CONTEXT)


def ask(kit: Kit, query: str) -> list[tuple[object, ...]]:
    with session(kit.engine) as connection:
        return driver(connection).execute(query).fetchall()


def exporting(kit: Kit, file: Path) -> Kit:
    kit.settings = replace(kit.settings, heads_export=str(file))
    return kit


def statements(kit: Kit, file: Path) -> list[Statement]:
    return [opened(line, key_of(kit.settings.chain_key)) for line in lines_of(file)]
