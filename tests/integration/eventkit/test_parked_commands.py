"""What an operator types when something is parked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from contracts.envelope import Message
from contracts.envelope import to_structured as whole
from eventkit.console import Console
from eventkit.parking.commands import parked
from eventkit.recorded import Recorded
from eventkit.service import Service
from eventkit.unit import Unit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, hear, once, over_feed
from tests.integration.eventkit.restores import say_restored, speak
from tests.integration.eventkit.sample import plan
from tests.integration.eventkit.wires import SPEAKER

AUDITED = (
    "SELECT type, metadata::json->>'actor', data::json FROM events"
    " WHERE stream LIKE 'parked_action-%%' ORDER BY position"
)


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        network.introduce()
        yield network


def typed(network: Network, *words: str) -> Result:
    console = Console(Service(name="listener", migrations=Path()))
    vars(console)["kit"] = network.listener
    return CliRunner().invoke(parked, words, obj=console)


def broken(message: Message) -> Message:
    return replace(message, data=b'{"meeting_id": 7}')


def numbers(network: Network) -> list[int]:
    return [number for (number,) in network.rows("SELECT id FROM parked ORDER BY id")]


def mend(network: Network, number: int, message: Message) -> None:
    """As if software that can read it had been installed."""
    query = "UPDATE parked SET message = %s WHERE id = %s RETURNING 1"
    network.rows(query, whole(message), number)


def audited(network: Network) -> list[tuple[str, str, dict[str, Any]]]:
    return network.rows(AUDITED)


def test_a_parked_stream_is_listed_shown_and_tried_again(network: Network) -> None:
    one, two = network.messages(2)
    source = network.wire.script([replace(one, data=b"\xff"), two])
    consumer = network.consumer(source)
    catch_up(network, consumer)
    number = numbers(network)[0]
    listed = typed(network, "list").stdout
    assert listed.split("\t")[:5] == [str(number), "sample", one.subject, "refused", "2 events"]
    shown = typed(network, "show", str(number)).stdout
    assert "reason: refused" in shown
    assert "data_base64" in shown
    mend(network, number, one)
    assert "next step" in typed(network, "retry", str(number), "--wait", "0").stdout
    catch_up(network, consumer)
    assert network.heard() == once([one, two])
    assert typed(network, "list").stdout == ""


def test_a_skipped_event_has_no_effect_and_its_stream_goes_on(network: Network) -> None:
    one, two, three = network.messages(3)
    source = network.wire.script([one, broken(two), three])
    consumer = network.consumer(source)
    catch_up(network, consumer)
    why = "Vom Betreiber geprüft."
    number = str(numbers(network)[0])
    typed(network, "skip", number, "--reason", why, "--wait", "0")
    catch_up(network, consumer)
    assert network.heard() == once([one, three])
    assert network.parked() == []
    passed = "SELECT version, event_id, skipped, skipped_by, skipped_why FROM inbox"
    assert network.rows(f"{passed} WHERE skipped IS NOT NULL") == [
        (2, two.id, two.type, "command-line", why)
    ]
    asked, done = audited(network)
    assert (asked[0], asked[2]["reason"]) == ("parked_action.requested", why)
    assert done[:2] == ("parked_action.carried_out", "command-line")
    assert (done[2]["outcome"], done[2]["event_id"]) == ("done", str(two.id))
    (told,) = typed(network, "acts").stdout.splitlines()
    assert told.split("\t")[1:] == ["command-line", "skip", number, SPEAKER, "done", why]
    assert typed(network, "acts", "--source", "registry").stdout == ""


def test_what_was_skipped_is_no_gap_and_no_fork_when_it_comes_again(network: Network) -> None:
    one, two, three = network.messages(3)
    consumer = network.consumer(network.wire.script([broken(one), two]))
    catch_up(network, consumer)
    typed(network, "skip", str(numbers(network)[0]), "--reason", "x", "--wait", "0")
    catch_up(network, consumer)
    network.wire.script([one, three, broken(one)])
    catch_up(network, consumer)
    assert network.heard() == once([two, three])
    assert network.parked() == []


def test_a_discarded_stream_is_taken_from_its_source_again(network: Network) -> None:
    """What was forged is gone; what waited behind it and is real comes back, in order."""
    one, two, three = network.messages(3)
    consumer = network.consumer(network.wire.script([one, broken(two), three]))
    catch_up(network, consumer)
    assert network.parked() == [(2, "refused"), (3, "waiting")]
    result = typed(
        network, "discard", str(numbers(network)[0]), "--reason", "forged", "--wait", "0"
    )
    assert result.exit_code == 0
    catch_up(network, consumer)
    catch_up(network, consumer)
    assert network.heard() == once([one, two, three])
    assert network.seen(one) == [1, 2, 3]
    assert network.parked() == []
    assert audited(network)[-1][2]["events"] == 2


def test_a_stream_whose_copy_was_spoilt_is_taken_from_its_source_again(network: Network) -> None:
    one, two, three = network.messages(3)
    consumer = network.consumer(network.wire.script([one, broken(two), three]))
    catch_up(network, consumer)
    number = numbers(network)[0]
    network.rows("UPDATE parked SET message = 'x' WHERE id = %s RETURNING 1", number)
    typed(network, "discard", str(number), "--reason", "spoilt", "--wait", "0")
    catch_up(network, consumer)
    catch_up(network, consumer)
    assert network.heard() == once([one, two, three])
    assert network.parked() == []


def test_a_stream_from_before_a_restore_of_its_source_is_taken_from_it_again(
    network: Network, postgres: str
) -> None:
    is_mended = False

    def react(unit: Unit, fact: Recorded[Any]) -> None:
        if fact.position == 1 and not is_mended:
            raise ValueError
        hear(unit, fact)

    network.say(events=3)
    consumer = network.consumer(react=react)
    catch_up(network, consumer)
    assert say_restored(network, postgres, "--yes", "--fork-position", "3").exit_code == 0
    speak(network, key := uuid4(), plan(key, "Danach"))
    catch_up(network, consumer)
    is_mended = True
    typed(network, "discard", str(numbers(network)[0]), "--reason", "x", "--wait", "0")
    catch_up(network, consumer)
    catch_up(network, consumer)
    assert network.parked() == []
    assert network.heard() == once(network.said())


def test_what_is_no_event_can_be_discarded_and_nothing_else(network: Network) -> None:
    (one,) = network.messages(1)
    network.wire.script([one])
    source = network.wire.script([])
    network.wire.scripted.insert(0, b"17")  # type: ignore[attr-defined]  # the feed's wire
    consumer = network.consumer(source)
    catch_up(network, consumer)
    (number,) = numbers(network)
    for word in ("retry", "skip"):
        words = [word, str(number), *(["--reason", "x"] if word == "skip" else [])]
        assert typed(network, *words, "--wait", "0").exit_code == 1
    typed(network, "discard", str(number), "--reason", "no JSON", "--wait", "0")
    catch_up(network, consumer)
    assert numbers(network) == []
    assert network.heard() == once([one])


def test_many_streams_are_tried_at_once_as_filters_and_limit_say(network: Network) -> None:
    streams = [network.messages(1)[0] for _ in range(4)]
    consumer = network.consumer(network.wire.script([broken(one) for one in streams]))
    catch_up(network, consumer)
    for number, message in zip(numbers(network), streams, strict=True):
        mend(network, number, message)
    dry = typed(network, "retry", "--all", "--limit", "3", "--dry-run")
    assert ([int(line.split("\t")[0]) for line in dry.stdout.splitlines()], dry.exit_code) == (
        numbers(network)[:3],
        0,
    )
    assert "3 would be tried again" in dry.stderr
    assert audited(network) == []
    none = typed(network, "retry", "--all", "--parked-for", "handler", "--wait", "0")
    assert (none.stdout, none.exit_code) == ("", 0)
    assert "Nothing is parked" in none.stderr
    typed(network, "retry", "--all", "--parked-for", "refused", "--limit", "3", "--wait", "0")
    catch_up(network, consumer)
    assert network.heard() == once(streams[:3])
    typed(network, "retry", "--all", "--source", "sample", "--wait", "0")
    catch_up(network, consumer)
    assert network.heard() == once(streams)


def test_an_act_on_what_has_changed_since_is_not_carried_out(network: Network) -> None:
    one, two = network.messages(2)
    consumer = network.consumer(network.wire.script([broken(one), two]))
    catch_up(network, consumer)
    number = str(numbers(network)[0])
    typed(network, "skip", number, "--reason", "x", "--wait", "0")
    network.rows("UPDATE parked SET revision = revision + 1 WHERE id = %s RETURNING 1", number)
    catch_up(network, consumer)
    assert network.parked() == [(1, "refused"), (2, "waiting")]
    assert audited(network)[-1][2]["outcome"] == "changed"


def test_a_retry_in_vain_says_why_it_waits_on(network: Network) -> None:
    one, two = network.messages(2)
    consumer = network.consumer(network.wire.script([broken(one), two]))
    catch_up(network, consumer)
    number = str(numbers(network)[0])
    typed(network, "retry", number, "--reason", "mended", "--wait", "0")
    catch_up(network, consumer)
    assert audited(network)[-2][2]["reason"] == "mended"
    told = audited(network)[-1][2]
    assert (told["outcome"], told["why"]) == ("waits", "refused")
    assert network.parked() == [(1, "refused"), (2, "waiting")]


def test_what_cannot_be_done_is_one_sentence(network: Network) -> None:
    one, two = network.messages(2)
    catch_up(network, network.consumer(network.wire.script([broken(one), two])))
    first, second = numbers(network)
    assert "waits behind" in typed(network, "skip", str(second), "--reason", "x").stderr
    assert typed(network, "skip", str(first), "--reason", "x" * 201).exit_code == 2
    assert typed(network, "skip", str(first), "--reason", "one\ntwo").exit_code == 2
    assert typed(network, "retry").exit_code == 2
    assert typed(network, "retry", str(first), "--reason", "one\ntwo").exit_code == 2
    for words in (("list",), ("retry", "--all")):
        unknown = typed(network, *words, "--parked-for", "handlr")
        assert (unknown.exit_code, "'handler'" in unknown.stderr) == (2, True)
    for word, *more in (("show",), ("retry",), ("skip", "--reason", "x")):
        result = typed(network, word, "4711", *more)
        assert (result.exit_code, "4711" in result.stderr) == (1, True)
