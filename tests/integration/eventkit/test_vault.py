"""Sealed values open with their person's key, in their own place, and no longer after erasure."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from eventkit.domain import Conflict
from eventkit.tables import KNOWN_PEOPLE, PERSON_KEYS
from eventkit.unit import Kit
from eventkit.vault import Vault

EVENT = uuid4()
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MASTER = b"m" * 32


@pytest.fixture
def keys(kit: Kit) -> sa.Engine:
    return sa.create_engine(
        sa.make_url(kit.settings.key_database_url).set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
    )


def fresh(keys: sa.Engine, master: bytes = MASTER) -> Vault:
    """A vault that remembers no key, as another process would."""
    return Vault(keys, master, cached=timedelta(0))


def erase(keys: sa.Engine, person: str) -> None:
    with keys.begin() as connection:
        row = PERSON_KEYS.c.person == person
        connection.execute(
            sa.update(PERSON_KEYS).where(row).values(wrapped=None, erased_at=sa.func.now())
        )


def test_a_sealed_value_opens_in_another_process(keys: sa.Engine) -> None:
    token = fresh(keys).seal("p-1", EVENT, "name", "Kontakt äöü")
    assert "Kontakt" not in token
    assert fresh(keys).open(token) == "Kontakt äöü"


def test_the_same_value_is_sealed_differently_each_time(keys: sa.Engine) -> None:
    vault = fresh(keys)
    assert vault.seal("p-1", EVENT, "name", "x") != vault.seal("p-1", EVENT, "name", "x")


def test_an_erased_person_opens_as_none_and_takes_no_new_value(keys: sa.Engine) -> None:
    vault = fresh(keys)
    token = vault.seal("p-1", EVENT, "name", "Kontakt")
    erase(keys, "p-1")
    assert vault.open(token) is None
    with pytest.raises(Conflict, match="erased"):
        vault.seal("p-1", EVENT, "name", "Kontakt")


def test_an_erasure_acts_at_once_where_it_is_carried_out(keys: sa.Engine) -> None:
    vault = Vault(keys, MASTER)
    token = vault.seal("p-4", EVENT, "name", "Kontakt")
    assert vault.open(token) == "Kontakt"
    assert vault.erase({"p-4": AT}) == ["p-4"]
    assert vault.open(token) is None
    assert fresh(keys).open(token) is None
    assert vault.erased(["p-3", "p-4"]) == {"p-4"}


def test_a_key_that_is_on_its_way_during_an_erasure_is_not_kept(keys: sa.Engine) -> None:
    """Another thread read the key before it went, and would remember it afterwards."""
    vault = Vault(keys, MASTER)
    token = vault.seal("p-5", EVENT, "name", "Kontakt")
    key = vault._key("p-5")
    vault.erase({"p-5": AT})
    assert vault._remember("p-5", key) is None
    assert vault.open(token) is None


def test_an_erased_person_stays_so_whatever_the_key_database_knew(keys: sa.Engine) -> None:
    """A second time nothing is written; somebody unknown is kept from ever getting a key."""
    vault = fresh(keys)
    vault.seal("p-6", EVENT, "name", "Kontakt")
    assert sorted(vault.erase({"p-6": AT, "p-7": AT})) == ["p-6", "p-7"]
    assert vault.erase({"p-6": AT, "p-7": AT}) == []
    with pytest.raises(Conflict, match="erased"):
        fresh(keys).seal("p-7", EVENT, "name", "Kontakt")
    query = sa.select(PERSON_KEYS.c.erased_at).where(PERSON_KEYS.c.person == "p-6")
    with keys.connect() as connection:
        assert connection.scalar(query) == AT


MOVES: dict[str, Callable[[str], str]] = {
    "another event": lambda token: token.replace(str(EVENT), str(uuid4())),
    "another field": lambda token: token.replace(":name:", ":email:"),
    "another person": lambda token: token.replace(":p-1:", ":p-2:"),
    "no token": lambda _: "Kontakt",
    "a changed byte": lambda token: token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:],
}


@pytest.mark.parametrize("move", MOVES)
def test_a_token_that_was_moved_or_changed_does_not_open(move: str, keys: sa.Engine) -> None:
    vault = fresh(keys)
    token = vault.seal("p-1", EVENT, "name", "Kontakt")
    vault.seal("p-2", EVENT, "name", "Anderer Kontakt")
    with pytest.raises(ValueError, match="sealed"):
        vault.open(MOVES[move](token))


def test_another_master_key_opens_nothing(keys: sa.Engine) -> None:
    token = fresh(keys).seal("p-1", EVENT, "name", "Kontakt")
    with pytest.raises(ValueError, match="another key"):
        fresh(keys, b"n" * 32).open(token)


def test_a_secret_of_the_service_opens_for_its_purpose_only(keys: sa.Engine) -> None:
    vault = fresh(keys)
    wrapped = vault.wrap(b"secret", "signing")
    assert vault.unwrap(wrapped, "signing") == b"secret"
    with pytest.raises(ValueError, match="sealed"):
        vault.unwrap(wrapped, "other")


def test_racing_first_seals_of_a_person_agree_on_one_key(keys: sa.Engine) -> None:
    first, second = fresh(keys), fresh(keys)
    tokens = [vault.seal("p-3", EVENT, "name", "Kontakt") for vault in (first, second)]
    assert {fresh(keys).open(token) for token in tokens} == {"Kontakt"}


def test_the_same_words_are_the_same_person_and_others_another(keys: sa.Engine) -> None:
    words, vault = f"gast {uuid4()}", fresh(keys)
    known = vault.person(words)
    assert fresh(keys).person(words) == known
    assert vault.person(f"{words}.") != known


def test_people_who_ask_at_once_by_the_same_words_are_one(keys: sa.Engine) -> None:
    words, vault = f"gast {uuid4()}", fresh(keys)
    with ThreadPoolExecutor(max_workers=8) as crowd:
        found = set(crowd.map(vault.person, [words] * 40))
    assert len(found) == 1


def test_an_id_does_not_follow_from_the_words_and_the_master_key(keys: sa.Engine) -> None:
    words, vault = f"gast {uuid4()}", fresh(keys)
    known = vault.person(words)
    with keys.begin() as connection:
        row = KNOWN_PEOPLE.c.person == str(known)
        held = connection.execute(sa.delete(KNOWN_PEOPLE).where(row).returning(KNOWN_PEOPLE)).one()
    assert words not in str(held)
    assert vault.person(words) != known


def test_ids_of_people_of_whom_nothing_was_stored_are_forgotten_after_a_while(
    keys: sa.Engine,
) -> None:
    stranger, guest, vault = f"gast {uuid4()}", f"gast {uuid4()}", fresh(keys)
    ids = {words: vault.person(words) for words in (stranger, guest)}
    vault.seal(str(ids[guest]), EVENT, "name", "Gast")
    assert vault.forget_strangers() == 0
    assert vault.person(stranger) == ids[stranger]
    assert vault.forget_strangers(after=timedelta(0)) >= 1
    assert vault.person(guest) == ids[guest]
    assert vault.person(stranger) != ids[stranger]


def test_a_stranger_who_comes_back_is_not_forgotten_while_registering(keys: sa.Engine) -> None:
    words, vault = f"gast {uuid4()}", fresh(keys)
    person = vault.person(words)
    with keys.begin() as connection:
        days_ago = sa.func.now() - timedelta(days=2)
        mine = KNOWN_PEOPLE.c.person == str(person)
        connection.execute(sa.update(KNOWN_PEOPLE).where(mine).values(since=days_ago))
    assert vault.person(words) == person
    vault.forget_strangers()
    assert vault.person(words) == person
