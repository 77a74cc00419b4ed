"""docs/integrate, run word for word: from a client's credentials to a verified webhook."""

import sys
from pathlib import Path

from local.ports import free_port
from tests.e2e.documented import blocks, placed, run
from tests.e2e.installation import Installation


def test_the_way_with_curl_ends_with_a_verified_webhook(
    installation: Installation, tmp_path: Path
) -> None:
    code = placed(blocks("integrate/with-curl.md", "sh"), installation, free_port())
    printed = run(["bash", "-eu", "-o", "pipefail"], code, tmp_path)
    assert '"type": "participant.registered.v1"' in printed


def test_the_way_with_python_ends_with_a_verified_webhook(
    installation: Installation, tmp_path: Path
) -> None:
    code = placed(blocks("integrate/with-python.md", "python"), installation, free_port())
    printed = run([sys.executable, "-"], code, tmp_path)
    assert "told by a verified webhook: participant.registered.v1" in printed


def test_clients_change_their_secrets_and_are_revoked(
    installation: Installation, tmp_path: Path
) -> None:
    code = placed(blocks("integrate/clients.md", "sh"), installation, free_port())
    printed = run(["bash", "-eu", "-o", "pipefail"], code, tmp_path)
    assert printed.endswith("refused, as it should be\n")
    assert printed.count("Bearer\n") == 2
