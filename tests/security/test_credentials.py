"""S9: one credential, in one place, or none: never the first here and the second there."""

import pytest

from eventkit.auth.principal import Principal
from tests.security.conftest import Count
from tests.security.raw import exchange, status
from tests.security.site import SCOPES, SERVICES, Site

PATHS = {
    "registry": "/v1/programmes",
    "meetings": "/v1/meetings",
    "notifications": "/v1/endpoints",
}
GOOD = "{token}"
# Headers and query of requests that name a good token and something else beside it.
SEVERAL: dict[str, tuple[list[str], str]] = {
    "good then bad": (["Authorization: Bearer {token}", "Authorization: Bearer x"], ""),
    "bad then good": (["Authorization: Bearer x", "Authorization: Bearer {token}"], ""),
    "twice the same": (["Authorization: Bearer {token}"] * 2, ""),
    "good then basic": (["Authorization: Bearer {token}", "Authorization: Basic eDp5"], ""),
    "basic then good": (["Authorization: Basic eDp5", "Authorization: Bearer {token}"], ""),
    "in one header": (["Authorization: Bearer {token}, Bearer {token}"], ""),
    "beside one in the query": (["Authorization: Bearer {token}"], "?access_token={token}"),
    "in the query alone": ([], "?access_token={token}"),
    "in another query parameter": ([], "?token={token}"),
    "in a cookie": (["Cookie: access_token={token}; Authorization=Bearer {token}"], ""),
    "in another header": (["X-Authorization: Bearer {token}", "X-Api-Key: {token}"], ""),
    "for a proxy": (["Proxy-Authorization: Bearer {token}"], ""),
    "with an underscore": (["HTTP_AUTHORIZATION: Bearer {token}"], ""),
    "without a scheme": (["Authorization: {token}"], ""),
    "under another scheme": (["Authorization: Token {token}"], ""),
    "as a password": (["Authorization: Basic {token}"], ""),
    "with more behind it": (["Authorization: Bearer {token} x"], ""),
    "with a comma": (["Authorization: Bearer {token},"], ""),
    "in quotes": (['Authorization: Bearer "{token}"'], ""),
    "folded": (["Authorization: Bearer", " {token}"], ""),
    "after a tab": (["Authorization: Bearer\t{token}"], ""),
    "of 100 kB": (["Authorization: Bearer {token}" + "A" * 100_000], ""),
    "with 6 kB of nothing": (["Authorization: Bearer " + " " * 6000 + "{token}", "X: y"], "?x=1"),
}
EVERY_SERVICE = pytest.mark.parametrize("service", sorted(SERVICES))


def sent(site: Site, service: str, headers: list[str], query: str) -> int:
    token = site.signer.sign(Principal("several", "organiser", None, SCOPES))
    port = int(site.urls[service].rpartition(":")[2])
    fixed = [f"GET {PATHS[service]}{query} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines = [line.replace(GOOD, token) for line in (*fixed, *headers)]
    return status(exchange(port, "\r\n".join([*lines, "", ""]).encode()))


@EVERY_SERVICE
def test_one_good_token_alone_is_taken(site: Site, service: str) -> None:
    assert sent(site, service, ["Authorization: Bearer {token}"], "") == 200
    assert sent(site, service, ["authorization: bEaReR  {token}"], "") == 200


@EVERY_SERVICE
@pytest.mark.parametrize("how", SEVERAL)
def test_a_credential_beside_another_or_elsewhere_is_none(
    site: Site, service: str, how: str, count: Count
) -> None:
    assert sent(site, service, *SEVERAL[how]) in (400, 401, 422, 431)
    count("requests with credentials in wrong places", 1)


@EVERY_SERVICE
def test_a_refused_credential_is_not_in_the_log(site: Site, service: str) -> None:
    sent(site, service, ["Authorization: Bearer kanarienvogel-im-kopf"], "")
    sent(site, service, [], "?access_token=kanarienvogel-in-der-frage")
    assert "kanarienvogel" not in site.logs[service].read_text("utf-8")
