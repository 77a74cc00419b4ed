"""Against heads that were signed: what was changed together with all that the database kept."""

import json
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result

from eventkit.console import Console
from eventkit.service import Service
from eventkit.unit import Kit
from eventkit.verifying.commands import heads, verify_command
from eventkit.verifying.exports import export, lines_of, write
from eventkit.verifying.findings import Kind
from eventkit.verifying.heads import follow
from eventkit.verifying.signed import key_of, opened, sign
from eventkit.verifying.verify import Report, verify
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.tampering import as_owner, back_up, declare_restored, restore

ONE, OTHER, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)
FORGET = "DELETE FROM exported_heads; TRUNCATE stream_heads;"
FORGET += "UPDATE heads_progress SET position = 0, events = 0, streams = 0, digest = '';"


@pytest.fixture
def file(kit: Kit, tmp_path: Path, store_databases: Databases) -> Path:
    """Three heads, of 2, 4 and 6 events; the database was backed up after the first."""
    file, key = tmp_path / "heads", key_of(kit.settings.chain_key)
    for title, second in zip("abc", (OTHER, THIRD, OTHER), strict=True):
        store(kit, ONE, title)
        store(kit, second, title)
        follow(kit)
        export(kit, key)
        if title == "a":
            back_up(store_databases)
    write(kit, key, file)
    return file


def store(kit: Kit, stream: UUID, title: str) -> None:
    kit.execute(SAMPLE, stream, plan(stream, title), context=CONTEXT)


def against(kit: Kit, file: Path) -> Report:
    return verify(kit, lines_of(file))


def test_an_untouched_store_is_what_its_heads_say(kit: Kit, file: Path) -> None:
    assert against(kit, file).findings == []


def test_a_cut_is_seen_where_the_database_forgot_all_that_it_kept(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    as_owner(store_databases, f"DELETE FROM events WHERE position > 4; {FORGET}")
    follow(kit)
    assert verify(kit).findings == []
    found = [one for one in against(kit, file).findings if one.kind is Kind.CUT]
    assert [(one.position, one.stream) for one in found] == [(6, None)]
    assert found[0].text.startswith("the store ends at position 4, and head 3 of the file of heads")
    assert found[0].text.endswith("goes up to 6: of 2 events after position 4 it has 0 now")


def test_a_missing_stream_is_seen_and_between_which_heads_it_stood(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    as_owner(store_databases, f"DELETE FROM events WHERE position = 4; {FORGET}")
    follow(kit)
    assert verify(kit).findings == []
    (found,) = against(kit, file).findings
    assert (found.kind, found.position) == (Kind.HISTORY, 4)
    assert "between positions 2 and 4" in found.text
    assert found.text.endswith("1 events now, 2 then")


def test_a_store_set_back_is_named_with_the_heads_that_it_lost(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    restore(store_databases)
    found = against(kit, file).findings
    assert [(one.kind, one.position) for one in found if one.kind is Kind.CUT] == [
        (Kind.CUT, 4),
        (Kind.CUT, 6),
    ]


def test_a_declared_restore_is_told_as_one_and_is_no_fault(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    restore(store_databases)
    declare_restored(store_databases)
    report = against(kit, file)
    assert report.findings == []
    restored, lost = report.notes
    assert f"from {kit.store.generation} after position 2" in restored
    assert restored.endswith("are here only where the backup held them.")
    assert lost.startswith(f"Heads of generation {kit.store.generation} up to position 6 ")


def test_a_restore_explains_nothing_below_the_place_restored_to(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    restore(store_databases)
    declare_restored(store_databases)
    as_owner(store_databases, f"DELETE FROM events WHERE position = 2; {FORGET}")
    cut = [one.position for one in against(kit, file).findings if one.kind is Kind.CUT]
    assert cut == [2]


def test_a_restored_store_goes_on_and_is_judged_by_its_own_heads(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    key = key_of(kit.settings.chain_key)
    restore(store_databases)
    declare_restored(store_databases)
    store(kit, ONE, "anew")
    follow(kit)
    assert export(kit, key) is not None
    write(kit, key, file)
    assert against(kit, file).findings == []
    as_owner(store_databases, f"DELETE FROM events WHERE position > 2; {FORGET}")
    cut = [one.position for one in against(kit, file).findings if one.kind is Kind.CUT]
    assert cut == [7]


def test_heads_of_a_generation_that_the_store_does_not_know_are_named(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    restore(store_databases)
    as_owner(
        store_databases,
        "ALTER TABLE store_state DROP CONSTRAINT store_state_generation_fkey;"
        "UPDATE generations SET generation = gen_random_uuid();"
        "UPDATE store_state SET generation = (SELECT generation FROM generations)",
    )
    found = {one.text for one in against(kit, file).findings}
    known = f"generation {kit.store.generation} of sample, which this store does not know"
    assert any(text.endswith(known) for text in found)


def test_a_head_that_was_not_signed_with_our_key_is_named(kit: Kit, file: Path) -> None:
    lines, others = lines_of(file), key_of(b"another key of thirty-two bytes!")
    lines[1] = sign(opened(lines[1], key_of(kit.settings.chain_key)), others)
    found = verify(kit, lines).findings
    assert [one.kind for one in found] == [Kind.HEAD, Kind.HEAD]
    assert found[0].text == (
        "line 2 of the file of heads cannot be believed: not signed with this key"
    )
    assert "line 3" in found[1].text


def test_a_head_taken_out_of_the_file_is_named(kit: Kit, file: Path) -> None:
    lines = lines_of(file)
    found = verify(kit, [lines[0], lines[2]]).findings
    assert [(one.kind, one.text) for one in found] == [
        (Kind.HEAD, "line 2 of the file of heads cannot be believed: the line before it is missing")
    ]


def test_a_head_taken_out_of_the_database_is_named(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    as_owner(store_databases, "DELETE FROM exported_heads WHERE number = 2")
    assert [one.kind for one in against(kit, file).findings] == [Kind.HEAD]


def test_heads_set_back_in_the_database_are_named(
    kit: Kit, store_databases: Databases, file: Path
) -> None:
    assert file.exists()
    early = "SELECT stream, version, hash, seal, broken_at FROM old_stream_heads"
    as_owner(
        store_databases,
        f"TRUNCATE stream_heads; INSERT INTO stream_heads {early};"
        "DELETE FROM heads_progress; INSERT INTO heads_progress SELECT * FROM old_heads_progress",
    )
    (found,) = verify(kit).findings
    assert (found.kind, found.text) == (
        Kind.HEAD,
        "stream_heads ends at position 2, and knew 6 before",
    )


def command(kit: Kit, *arguments: str) -> Result:
    console = Console(Service(name="sample", migrations=Path()))
    console.__dict__ |= {"kit": kit, "settings": kit.settings}
    group = heads if arguments[0] == "heads" else verify_command
    return CliRunner().invoke(group, arguments[1:], obj=console)


def test_the_command_ends_with_1_where_something_was_found(
    kit: Kit, file: Path, store_databases: Databases
) -> None:
    emptied = file.with_name("emptied")
    emptied.touch()
    silent = command(kit, "verify", "--heads", str(emptied))
    assert (silent.exit_code, "holds no head" in silent.output) == (1, True)
    sound = command(kit, "verify", "--heads", str(file))
    assert (sound.exit_code, sound.stdout) == (0, "6 events of 3 streams checked, 0 faults.\n")
    as_owner(store_databases, "DELETE FROM events WHERE position > 5")
    found = command(kit, "verify", "--heads", str(file))
    assert found.exit_code == 1
    assert f"sample-{OTHER} version 2: cut off" in found.stdout


def test_programs_get_the_same_as_json(kit: Kit, file: Path, store_databases: Databases) -> None:
    assert file.exists()
    as_owner(store_databases, "DELETE FROM events WHERE position > 5")
    told = json.loads(command(kit, "verify", "--json").stdout)
    assert (told["service"], told["events"], told["followed"]) == ("sample", 5, 6)
    assert told["findings"][0] | {"text": ""} == {
        "kind": "cut",
        "text": "",
        "stream": f"sample-{OTHER}",
        "version": 2,
        "position": None,
    }


def test_the_newest_head_is_shown_with_its_signature(kit: Kit, file: Path) -> None:
    shown = command(kit, "heads")
    assert shown.exit_code == 0
    assert "position: 6\nevents: 6\nstreams: 3\n" in shown.stdout
    assert shown.stdout.splitlines()[-1] == lines_of(file)[-1]


def test_a_stranger_checks_the_file_with_the_public_key(
    kit: Kit, file: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key.json"
    key.write_text(command(kit, "heads", "key").stdout)
    assert "d" not in json.loads(key.read_text())
    stranger = Console(Service(name="sample", migrations=Path()))
    checking = ["verify", str(file), "--key", str(key)]
    checked = CliRunner().invoke(heads, checking, obj=stranger)
    assert (checked.exit_code, checked.stdout.splitlines()[0]) == (0, "3 lines checked, 0 faults.")
    file.write_text(file.read_text()[:-20] + "\n")
    assert CliRunner().invoke(heads, checking, obj=stranger).exit_code == 1


def test_a_file_of_another_service_is_no_witness(kit: Kit, file: Path) -> None:
    key = key_of(kit.settings.chain_key)
    other = msgspec.structs.replace(opened(lines_of(file)[0], key), service="another")
    (found,) = verify(kit, [sign(other, key)]).findings
    assert found.text.endswith("of another, which this store does not know")
