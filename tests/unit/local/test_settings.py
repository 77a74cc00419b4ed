"""What can be set for a local run."""

import pytest

from local.processes import BadSetting
from local.settings import Settings


def test_all_ports_move_with_the_base() -> None:
    usual, moved = Settings.from_env({}), Settings.from_env({"PORT_BASE": "9000"})
    assert {port + 600 for port in usual.ports()} == set(moved.ports())


def test_no_two_parts_want_the_same_port() -> None:
    assert len(Settings.from_env({}).ports()) == 9


def test_a_named_server_leaves_the_port_of_our_own_free() -> None:
    settings = Settings.from_env({"DATABASE_URL": "postgresql://admin@db.example.org/postgres"})
    assert settings.postgres not in settings.ports()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT_BASE", "many"),
        ("PORT_BASE", "80"),
        ("PORT_BASE", "65000"),
        ("NETZTREFF_EXAMPLE", "perhaps"),
        ("DATABASE_URL", "mysql://localhost/db"),
    ],
)
def test_a_broken_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.from_env({name: value})


def test_an_empty_setting_counts_as_none() -> None:
    empty = dict.fromkeys(("PORT_BASE", "NETZTREFF_EXAMPLE", "DATABASE_URL", "VAR_FOLDER"), "")
    assert Settings.from_env(empty) == Settings.from_env({})
