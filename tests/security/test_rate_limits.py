"""S40: limits hold over workers and replicas, whatever a caller says of itself.

Two replicas of two workers each on one database, and quotas that no test outlives.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count as numbers

import httpx
import pytest

from eventkit.auth.principal import Principal
from local.databases import Databases
from local.processes import wait_until
from tests.integration.eventkit.serving import SIGNER, TLS, Serving, environment, serving
from tests.integration.eventkit.things import limits_away
from tests.security.conftest import Count
from tests.security.raw import exchange, status

CLIENT, TENANT, ADDRESS, TOKENS = 100, 150, 80, 40
PROCESSES = 4
LIMITS = {
    "WEB_CONCURRENCY": "2",
    "RATE_LIMIT_PER_CLIENT": f"{CLIENT}/hour",
    "RATE_LIMIT_PER_TENANT": f"{TENANT}/hour",
    "RATE_LIMIT_PER_ADDRESS": f"{ADDRESS}/hour",
    "RATE_LIMIT_TOKENS": f"{TOKENS}/hour",
}
Replicas = list[Serving]


@pytest.fixture(scope="module")
def replicas(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    folder = tmp_path_factory.mktemp("replicas")
    with ExitStack() as ended:
        yield [
            ended.enter_context(serving(environment(things, **LIMITS), folder / f"{number}.log"))
            for number in range(2)
        ]


def bearer(subject: str, role: str = "organiser", tenant: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {SIGNER.sign(Principal(subject, role, tenant))}"}


def flood(
    replicas: Replicas,
    headers: Iterable[dict[str, str]],
    path: str = "/v1/things",
    *,
    method: str = "GET",
    address: str = "127.0.0.1",
) -> list[httpx.Response]:
    """One request a set of headers, each on a connection of its own, so spread over all workers."""

    def ask(numbered: tuple[int, dict[str, str]]) -> httpx.Response:
        number, given = numbered
        port = replicas[number % len(replicas)].port
        transport = httpx.HTTPTransport(local_address=address, verify=TLS)
        with httpx.Client(transport=transport, timeout=60) as client:
            return client.request(method, f"http://127.0.0.1:{port}{path}", headers=given)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, enumerate(headers)))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def assert_bounded(admitted: int, quota: int) -> None:
    """Never more than the quota, and at worst a block less for every process but one."""
    assert quota - (PROCESSES - 1) * (quota // 20) <= admitted <= quota


def test_workers_and_replicas_admit_a_clients_quota_once(replicas: Replicas, count: Count) -> None:
    answers = flood(replicas, [bearer("busy")] * 3 * CLIENT)
    found = statuses(answers)
    assert set(found) == {200, 429}
    assert_bounded(found[200], CLIENT)
    count("requests to evade rate limits", len(answers))


def test_a_refusal_says_when_to_come_back(replicas: Replicas) -> None:
    answers = flood(replicas, [bearer("told")] * 3 * CLIENT)
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "rate-limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["RateLimit-Policy"] == f'"client";q={CLIENT};w=3600'
    assert re.fullmatch(r'"client";r=0;t=[0-9]{1,4}', refused.headers["RateLimit"])


def test_every_answer_tells_what_is_left(replicas: Replicas) -> None:
    (first,) = flood(replicas, [bearer("first", "municipality", "08111000")])
    policy = f'"client";q={CLIENT};w=3600, "tenant";q={TENANT};w=3600'
    assert first.headers["RateLimit-Policy"] == policy
    left = r'"client";r=[0-9]+;t=[0-9]+, "tenant";r=[0-9]+;t=[0-9]+'
    assert re.fullmatch(left, first.headers["RateLimit"])


def test_many_clients_of_a_tenant_share_its_quota(replicas: Replicas, count: Count) -> None:
    of_one = [bearer(f"key-{n}", "municipality", "08212000") for n in range(10)]
    answers = flood(replicas, of_one * 40)
    found = statuses(answers)
    assert set(found) == {200, 429}
    assert_bounded(found[200], TENANT)
    (other,) = flood(replicas, [bearer("neighbour", "municipality", "08221000")])
    assert other.status_code == 200
    count("requests to evade rate limits", len(answers))


def test_a_client_over_its_quota_takes_nothing_from_its_tenant(replicas: Replicas) -> None:
    flood(replicas, [bearer("greedy", "municipality", "08231000")] * 4 * CLIENT)
    calm = flood(replicas, [bearer("calm", "municipality", "08231000")] * 8)
    assert statuses(calm) == {200: 8}


def test_another_address_in_a_header_is_no_other_address(replicas: Replicas, count: Count) -> None:
    claims = [
        {"X-Forwarded-For": f"198.51.100.{n}", "Forwarded": f"for=198.51.100.{n}"}
        for n in range(240)
    ]
    answers = flood(replicas, claims, "/v1/things/open", address="127.0.0.2")
    assert_bounded(statuses(answers)[200], ADDRESS)
    (elsewhere,) = flood(replicas, [{}], "/v1/things/open", address="127.0.0.3")
    assert elsewhere.status_code == 200
    count("requests to evade rate limits", len(answers))


def test_attempts_at_the_token_endpoint_are_limited_by_address(
    replicas: Replicas, count: Count
) -> None:
    claims = [{"X-Forwarded-For": f"198.51.100.{n}"} for n in range(120)]
    answers = flood(replicas, claims, "/v1/things/token", method="POST", address="127.0.0.4")
    assert_bounded(statuses(answers)[200], TOKENS)
    count("requests to evade rate limits", len(answers))


def test_refused_credentials_are_limited_and_good_ones_are_not_in_their_way(
    replicas: Replicas, count: Count
) -> None:
    guesses = [{"Authorization": f"Bearer {n}", "X-Real-IP": f"10.0.0.{n}"} for n in range(120)]
    answers = flood(replicas, guesses, address="127.0.0.5")
    found = statuses(answers)
    assert set(found) == {401, 429}
    assert_bounded(found[401], TOKENS)
    (good,) = flood(replicas, [bearer("good")], address="127.0.0.5")
    assert good.status_code == 200
    count("requests to evade rate limits", len(answers))


def test_services_have_a_quota_of_their_own(replicas: Replicas) -> None:
    answers = flood(replicas, [bearer("meetings", "service")] * 3 * CLIENT)
    assert statuses(answers) == {200: 3 * CLIENT}
    assert answers[0].headers["RateLimit-Policy"] == '"service";q=60000;w=60'


def test_a_refusal_comes_before_the_body_is_read(replicas: Replicas) -> None:
    flood(replicas, [bearer("large")] * 3 * CLIENT)
    token = bearer("large")["Authorization"]
    head = f"POST /v1/things/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    body = "Content-Type: text/plain\r\nContent-Length: 1000000000\r\n\r\n"
    assert status(exchange(replicas[0].port, (head + body).encode())) == 429


def test_health_and_metrics_know_no_limit(replicas: Replicas) -> None:
    asked = [replicas[0].ask("/readyz").status_code for _ in range(ADDRESS + 20)]
    assert set(asked) == {200}


def test_refusals_are_counted_by_limit_and_nothing_else(replicas: Replicas) -> None:
    flood(replicas, [bearer("counted", "municipality", "08315000")] * 3 * CLIENT)
    text = replicas[0].ask("/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("requests_rate_limited_total{")]
    labels = {line.partition("}")[0] for line in lines}
    assert 'requests_rate_limited_total{limit="client",service="things"' in labels
    assert len(labels) <= 7
    assert "08315000" not in text


def test_without_the_shared_counts_there_is_still_a_limit(
    things: Databases, replicas: Replicas, count: Count
) -> None:
    with limits_away(things):
        answers = flood(replicas, [bearer("outage")] * 4 * CLIENT)
    found = statuses(answers)
    assert set(found) == {200, 429}
    # Whichever worker of a replica takes the most requests, it has its share to give.
    assert 2 * CLIENT // PROCESSES <= found[200] <= CLIENT
    count("requests to evade rate limits", len(answers))
    names = (f"after-{number}" for number in numbers())
    wait_until(lambda: is_shared(replicas, next(names)), what="the shared counts", seconds=30)


def is_shared(replicas: Replicas, subject: str) -> bool:
    """Whether one replica knows what the other has given out: a block at least."""
    for one in replicas:
        answers = flood([one], [bearer(subject)])
    left = re.search(r"r=([0-9]+)", answers[0].headers["RateLimit"])
    return left is not None and int(left[1]) < CLIENT - 1
