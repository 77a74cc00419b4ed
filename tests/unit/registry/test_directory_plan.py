"""What a directory changes: new, changed, gone, refused; and nothing when it comes again."""

from dataclasses import replace
from typing import Any

from registry.directory.plan import Changes, Plan, Register, plan
from registry.domain.district import DISTRICT, District
from registry.domain.municipality import MUNICIPALITY, Municipality
from tests.unit.registry.directory_lines import directory, district, municipality, state

EMPTY = Register(municipalities={}, districts={})
WEINSTADT = municipality(ags="08119091", association="0091", name="Weinstadt, Stadt")
MAGSTADT = municipality(ags="08115029", association="0029", name="Magstadt", kind="64")
ASCHAFFENBURG = municipality(ags="09661000", association="0000", name="Aschaffenburg")


def keys(commands: list[tuple[str, Any]]) -> list[str]:
    return [key for key, _ in commands]


def counts(changes: Changes) -> tuple[int, int, int, int]:
    return len(changes.new), len(changes.changed), len(changes.gone), changes.unchanged


def after(done: Plan, register: Register) -> Register:
    municipalities: dict[str, Municipality] = dict(register.municipalities)
    for key, command in done.municipalities.commands:
        for event in MUNICIPALITY.decide(municipalities.get(key), command):
            municipalities[key] = MUNICIPALITY.evolve(municipalities.get(key), event)
    districts: dict[str, District] = dict(register.districts)
    for key, change in done.districts.commands:
        for fact in DISTRICT.decide(districts.get(key), change):
            districts[key] = DISTRICT.evolve(districts.get(key), fact)
    return Register(municipalities=municipalities, districts=districts)


def test_everything_is_new_to_an_empty_register() -> None:
    planned = plan(directory(state(), district(), municipality(), WEINSTADT), EMPTY)
    assert (counts(planned.municipalities), counts(planned.districts)) == (
        (2, 0, 0, 0),
        (1, 0, 0, 0),
    )


def test_the_same_directory_again_changes_nothing() -> None:
    lines = (state(), district(), municipality(), WEINSTADT)
    register = after(plan(directory(*lines), EMPTY), EMPTY)
    again = plan(directory(*lines), register)
    assert (counts(again.municipalities), counts(again.districts)) == (
        (0, 0, 0, 2),
        (0, 0, 0, 1),
    )


def test_a_new_name_is_a_change() -> None:
    register = after(plan(directory(municipality(), WEINSTADT), EMPTY), EMPTY)
    planned = plan(directory(municipality(name="Winnenden"), WEINSTADT), register)
    assert keys(planned.municipalities.changed) == ["08119085"]
    assert planned.municipalities.unchanged == 1


def test_what_a_whole_state_no_longer_lists_is_gone() -> None:
    register = after(plan(directory(state(), district(), municipality(), WEINSTADT), EMPTY), EMPTY)
    planned = plan(directory(state(), WEINSTADT), register)
    assert keys(planned.municipalities.gone) == ["08119085"]
    assert keys(planned.districts.gone) == ["08119"]
    left = after(planned, register)
    assert not left.municipalities["08119085"].active
    assert counts(plan(directory(state(), WEINSTADT), left).municipalities) == (0, 0, 0, 1)


def test_a_directory_of_one_state_leaves_the_others_alone() -> None:
    register = after(plan(directory(municipality(), ASCHAFFENBURG), EMPTY), EMPTY)
    planned = plan(directory(state("08"), WEINSTADT), register)
    assert keys(planned.municipalities.gone) == ["08119085"]


def test_a_file_without_the_record_of_its_state_lists_nothing_as_gone() -> None:
    register = after(plan(directory(municipality(), WEINSTADT), EMPTY), EMPTY)
    assert counts(plan(directory(MAGSTADT), register).municipalities) == (1, 0, 0, 0)


def test_a_municipality_whose_line_is_broken_is_not_gone() -> None:
    register = after(plan(directory(municipality(), WEINSTADT), EMPTY), EMPTY)
    planned = plan(directory(state(), municipality(kind="99"), WEINSTADT), register)
    assert counts(planned.municipalities) == (0, 0, 0, 1)
    assert [line.number for line in planned.directory.refused] == [2]


def test_an_older_directory_is_refused_line_by_line_and_removes_nothing() -> None:
    register = after(plan(directory(municipality(), WEINSTADT), EMPTY), EMPTY)
    old = directory(state(day="20191231"), municipality(name="Winnenden", day="20191231"))
    planned = plan(old, register)
    assert counts(planned.municipalities) == (0, 0, 0, 0)
    assert [line.number for line in planned.directory.refused] == [2]


def test_a_municipality_that_is_listed_again_is_a_change() -> None:
    register = after(plan(directory(municipality()), EMPTY), EMPTY)
    gone = replace(register.municipalities["08119085"], active=False)
    planned = plan(
        directory(municipality()), Register(municipalities={"08119085": gone}, districts={})
    )
    assert keys(planned.municipalities.changed) == ["08119085"]
