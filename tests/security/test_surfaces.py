"""S34: what answers without a token, and what does not exist at all."""

from collections.abc import Iterator

import httpx
import pytest

from local.databases import Databases
from tests.integration.eventkit.serving import Serving, environment, serving
from tests.security.conftest import Count
from tests.security.raw import exchange
from tests.security.site import NOBODY, SERVICES, Site, Who

PROBES = [
    *("/metrics", "/health", "/healthz", "/livez", "/readyz", "/status", "/server-status"),
    *("/debug", "/console", "/admin", "/actuator", "/actuator/env", "/manage", "/internal"),
    *("/static/..%2f..%2fetc/passwd", "/static/app.js", "/.env", "/.git/config", "/.well-known/x"),
    *("/graphql", "/phpinfo.php", "/v1", "/v1/", "/v2/meetings", "/api", "/swagger.json"),
    "/?__debugger__=yes&cmd=resource&f=debugger.js",
    "/console?__debugger__=yes&cmd=pinauth&pin=000",
]
METHODS = ["TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND", "MKCOL", "PURGE", "SEARCH"]
ORGANISER = Who("organiser")
EVERY_SERVICE = pytest.mark.parametrize("service", sorted(SERVICES))


@pytest.fixture(scope="module")
def debugged(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server whose environment asks for every debugger there is."""
    wishes = {"FLASK_DEBUG": "1", "WERKZEUG_DEBUG_PIN": "off", "PYTHONINSPECT": "", "DEBUG": "1"}
    log = tmp_path_factory.mktemp("debugged") / "api.log"
    with serving(environment(things, **wishes), log) as process:
        yield process


@EVERY_SERVICE
def test_nothing_answers_but_what_is_described(site: Site, service: str, count: Count) -> None:
    for who in (NOBODY, ORGANISER):
        answers = {path: site.ask(who, service, "GET", path) for path in PROBES}
        told = {path for path, one in answers.items() if is_told(one)}
        assert told <= {"/?__debugger__=yes&cmd=resource&f=debugger.js"}, told
        assert not [path for path, one in answers.items() if "debugger" in one.text.lower()]
    count("probes for what should not be there", 2 * len(PROBES))


def is_told(answer: httpx.Response) -> bool:
    """Whether there is something; only the index page may be, which takes any question."""
    return answer.status_code != 404 or answer.json()["code"] != "not-found"


@EVERY_SERVICE
@pytest.mark.parametrize("method", METHODS)
def test_no_method_echoes_a_request(site: Site, service: str, method: str) -> None:
    port = int(site.urls[service].rpartition(":")[2])
    head = f"{method} /v1/meetings HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Canary: kanarienvogel\r\n"
    answer = exchange(port, f"{head}Connection: close\r\n\r\n".encode())
    assert answer.split(b" ")[1] in (b"400", b"404", b"405")
    assert b"kanarienvogel" not in answer


def test_no_debugger_comes_with_any_environment(debugged: Serving) -> None:
    with debugged.client() as client:
        crashed = client.get("/v1/things/crash")
        asked = client.get("/v1/things/crash?__debugger__=yes&cmd=resource&f=debugger.js")
        console = client.get("/console")
    assert crashed.status_code == 500
    assert crashed.headers["Content-Type"] == "application/problem+json"
    for word in ("Traceback", "KeyError", "a secret", "debugger", ".py"):
        assert word not in crashed.text + asked.text
    assert console.status_code == 404


def test_the_operators_listener_is_another_one_and_has_three_pages(debugged: Serving) -> None:
    assert debugged.operators.startswith("http://127.0.0.1:")
    for path in ("/livez", "/readyz", "/metrics"):
        assert debugged.ask(path).status_code == 200
        with debugged.client() as client:
            assert client.get(path).status_code == 404
    for path in ("/", "/openapi.json", "/v1/things", "/debug"):
        assert debugged.ask(path).status_code == 404
    assert httpx.post(f"{debugged.operators}/metrics", timeout=10).status_code == 501


@EVERY_SERVICE
def test_no_answer_names_versions_of_what_we_run_on(site: Site, service: str) -> None:
    for path in ("/openapi.json", "/v1/nothing"):
        headers = site.ask(NOBODY, service, "GET", path).headers
        assert headers["Server"] == "gunicorn"
        assert not {"x-powered-by", "via"} & set(headers)
