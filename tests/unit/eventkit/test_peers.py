"""Whose address counts: the socket's, unless our own proxies say more."""

from ipaddress import ip_network

import pytest

from eventkit.http.limits import peer_block

PROXIES = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))


@pytest.mark.parametrize("claimed", ["", "198.51.100.7", "198.51.100.7, 10.0.0.1", "nonsense"])
def test_who_is_no_proxy_of_ours_is_believed_nothing(claimed: str) -> None:
    assert peer_block("192.0.2.1", claimed, PROXIES) == "192.0.2.1"


@pytest.mark.parametrize(
    ("claimed", "found"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("198.51.100.7,fd00::1", "198.51.100.7"),
        ("203.0.113.9, nonsense", "unknown"),
        ("", "10.0.0.1"),
    ],
)
def test_a_proxy_of_ours_is_believed_the_address_that_it_saw(claimed: str, found: str) -> None:
    assert peer_block("10.0.0.1", claimed, PROXIES) == found


def test_without_proxies_nobody_is_believed() -> None:
    assert peer_block("127.0.0.1", "198.51.100.7", ()) == "127.0.0.1"


def test_an_ipv6_network_counts_as_one_and_a_mapped_address_as_what_it_maps() -> None:
    assert peer_block("2001:db8:1:2:3::4", "", ()) == "2001:db8:1:2::/64"
    assert peer_block("2001:db8:1:2:ffff::9", "", ()) == "2001:db8:1:2::/64"
    assert peer_block("::ffff:192.0.2.1", "", ()) == "192.0.2.1"
