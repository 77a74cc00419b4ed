"""Where a webhook may go, and the many ways to write where it may not."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.webhook.vetting import NotAllowed, Resolve, Rules, is_public, parse, vet

PUBLIC = Rules(own_hosts=frozenset({"netz.example.org"}))
LOOPBACK = Rules(allow_loopback=True)

REFUSED_HOSTS = (
    "127.0.0.1",
    "localhost",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",  # noqa: S104
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[fc00::1]",
    "[2606:4700::1111]",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "93.184.216.34",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "ⓛocalhost.example.org",
    "empfang.example.org.",
    ".example.org",
    "empfang..example.org",
    "-a.example.org",
    "a-.example.org",
    "a_b.example.org",
    "kafka",
    "postgres",
    "metadata",
    "netz.example.org",
    "NETZ.example.org",
    "user@empfang.example.org",
    "user:geheim@empfang.example.org",
    "empfang.example.org:25",
    "empfang.example.org:5432",
    "empfang.example.org:9092",
    "empfang.example.org:80",
    "empfang.example.org:0443",
    "empfang.example.org:",
    "empfang.example.org\\@127.0.0.1",
    "empfang.example.org%2f@127.0.0.1",
    "emp\tfang.example.org",
    "empfang.example.org\n",
    "empfang.example.org\r\nX: y",
    " empfang.example.org",
    "",
    "a." * 130 + "org",
    "a" * 64 + ".example.org",
    "empfang.example.1",
    "empfang.example.0x1",
)
REFUSED_URLS = (
    "http://empfang.example.org/",
    "http://127.0.0.1:8404/",
    "https:/empfang.example.org/",
    "https:empfang.example.org",
    "//empfang.example.org/",
    "https://a#@empfang.example.org/",
    "https://empfang.example.org/#teil",
    "https://empfang.example.org/a b",
    "https://empfang.example.org/ä",
    "https://empfang.example.org/\x00",
    "https://empfang.example.org/\\",
    "https://empfang.example.org/" + "a" * 200,
    "file:///etc/passwd",
    "gopher://empfang.example.org/",
    "ftp://empfang.example.org/",
    "dict://empfang.example.org/",
    "javascript:alert(1)",
    "",
)
NOT_PUBLIC = (
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
IS_PUBLIC = (
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.254",
    "100.128.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
)


def answers(*addresses: str) -> Resolve:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


def test_a_public_https_address_is_taken_apart() -> None:
    target = parse("https://Empfang.example.org/netztreff?a=1", PUBLIC)
    assert (target.host, target.port) == ("empfang.example.org", 443)
    assert (target.path, target.encrypted) == ("/netztreff?a=1", True)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://empfang.example.org", "/"),
        ("https://empfang.example.org:443/", "/"),
        ("https://empfang.example.org?a=1", "/?a=1"),
        ("https://xn--empfnger-4za.example.org/a/b", "/a/b"),
    ],
)
def test_allowed_forms_have_a_path(url: str, path: str) -> None:
    assert parse(url, PUBLIC).path == path


def test_the_corpus_has_sixty_forms() -> None:
    assert len({*REFUSED_HOSTS, *REFUSED_URLS}) >= 60


@pytest.mark.parametrize("host", REFUSED_HOSTS)
def test_a_host_that_is_no_plain_public_name_is_refused(host: str) -> None:
    with pytest.raises(NotAllowed):
        parse(f"https://{host}/", PUBLIC)


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_url_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        parse(url, PUBLIC)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_with_a_special_purpose_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", IS_PUBLIC)
def test_a_global_unicast_address_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_what_is_public_here_is_global_for_the_standard_library(address: object) -> None:
    parsed = ip_address(str(address))
    if is_public(parsed):
        assert parsed.is_global
        assert not parsed.is_multicast


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_one_internal_address_among_good_ones_refuses_the_name(address: str) -> None:
    target = parse("https://empfang.example.org/", PUBLIC)
    with pytest.raises(NotAllowed):
        vet(target, PUBLIC, answers("8.8.8.8", "2606:4700::1111", address))


def test_a_name_without_addresses_is_refused() -> None:
    with pytest.raises(NotAllowed):
        vet(parse("https://empfang.example.org/", PUBLIC), PUBLIC, answers())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_loopback_needs_the_development_setting(host: str) -> None:
    url = f"http://{host}:8404/hook"
    assert parse(url, LOOPBACK).port == 8404
    with pytest.raises(NotAllowed):
        parse(url, PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:80/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.1/",
        "http://empfang.example.org/",
        "http://127.0.0.1:99999/",
        "http://localhost.:80/",
        "https://127.0.0.1/",
    ],
)
def test_the_development_setting_allows_loopback_only(url: str) -> None:
    with pytest.raises(NotAllowed):
        parse(url, LOOPBACK)


def test_a_loopback_name_that_resolves_elsewhere_is_refused() -> None:
    target = parse("http://localhost:8404/", LOOPBACK)
    with pytest.raises(NotAllowed):
        vet(target, LOOPBACK, answers("127.0.0.1", "10.0.0.1"))
