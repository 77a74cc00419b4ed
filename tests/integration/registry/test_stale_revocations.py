"""A service whose registry falls silent: what it knows holds, and operators hear how old it is."""

from pathlib import Path
from time import time

from eventkit.auth.keys import signing_key
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from local.processes import wait_until
from meetings.app import SERVICE
from tests.conftest import MakeDatabases
from tests.integration.registry.replicas import OWN, PATIENCE, migrated, running
from tests.security.issuers import listening

CAME, LIST, PATH = "revocation_list_timestamp_seconds", "/v1/revocations", "/v1/meetings"


def test_without_the_registry_the_last_list_holds_and_grows_old(
    databases: MakeDatabases, tmp_path: Path
) -> None:
    signer = Signer(signing_key(b"k" * 32), "netztreff-registry", "netztreff")
    lost, good = (signer.sign(Principal(name, "organiser")) for name in ("lost", "good"))
    environment = migrated(SERVICE, databases("meetings")) | OWN
    environment |= {"CLIENT_ID": "meetings", "CLIENT_SECRET": "secret"}
    log = tmp_path / "meetings.log"
    with listening() as registry:
        registry.documents |= {
            "/.well-known/jwks.json": signer.jwks(),
            "/oauth/token": {"access_token": "x", "expires_in": 600},
            LIST: {"items": [{"client_id": "lost", "revoked_at": "2026-03-01T12:00:00Z"}]},
        }
        with running("meetings", environment | {"REGISTRY_URL": registry.url}, log) as meetings:
            wait_until(
                lambda: meetings.get(PATH, lost).status_code == 401,
                what="the list",
                seconds=PATIENCE,
            )
            assert meetings.get(PATH, good).status_code == 200
            del registry.documents[LIST]
            wait_until(lambda: meetings.metric(CAME) < time() - 2, what="the age", seconds=PATIENCE)
            assert meetings.get(PATH, lost).status_code == 401
            assert meetings.get(PATH, good).status_code == 200
            assert '"event": "stale"' in log.read_text("utf-8").replace('":"', '": "')
            registry.documents[LIST] = {"items": []}
            silent_since = meetings.metric(CAME)
            wait_until(
                lambda: meetings.metric(CAME) > silent_since, what="a new list", seconds=PATIENCE
            )
            assert meetings.get(PATH, lost).status_code == 200


def test_whose_token_nobody_can_judge_is_refused_by_address_as_others_are(
    databases: MakeDatabases, tmp_path: Path
) -> None:
    signer = Signer(signing_key(b"k" * 32), "netztreff-registry", "netztreff")
    token = signer.sign(Principal("early", "organiser"))
    environment = migrated(SERVICE, databases("meetings")) | OWN | {"RATE_LIMIT_TOKENS": "5/hour"}
    with listening() as registry:
        environment |= {"REGISTRY_URL": registry.url}
        with running("meetings", environment, tmp_path / "meetings.log") as meetings:
            found = [meetings.get(PATH, token).status_code for _ in range(8)]
            assert found == [503] * 5 + [429] * 3
            # It holds for what cannot be judged, not for its address.
            registry.documents["/.well-known/jwks.json"] = signer.jwks()
            wait_until(
                lambda: meetings.get(PATH, token).status_code == 200,
                what="the keys",
                seconds=PATIENCE,
            )
