"""`python -m registry bootstrap` and `import`, as processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.integration.registry.conftest import Callers, told
from tests.unit.registry.directory_lines import district, municipality, state


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "registry", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_first_operator_is_made_once_and_may_register_clients(
    environment: dict[str, str], callers: Callers
) -> None:
    made = run(environment, "bootstrap")
    assert made.returncode == 0, made.stderr
    form = {"grant_type": "client_credentials", **json.loads(made.stdout)}
    token = told(callers.app.test_client().post("/oauth/token", data=form))["access_token"]
    answer = callers.app.test_client().post(
        "/v1/clients",
        json={"name": "Führungsakademie", "role": "organiser"},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": '"1"'},
    )
    assert answer.status_code == 201
    again = run(environment, "bootstrap")
    assert (again.returncode, again.stdout) == (1, "")
    assert "exists already" in again.stderr


def test_an_import_looks_first_and_changes_the_register_when_told(
    environment: dict[str, str], callers: Callers, tmp_path: Path
) -> None:
    file = tmp_path / "directory.txt"
    lines = (state(), district(), municipality(), "broken", municipality(kind="99"))
    file.write_text("\n".join(lines), encoding="utf-8")
    looked = run(environment, "import", str(file))
    assert looked.returncode == 0, looked.stderr
    assert "Municipalities: 1 new, 0 changed, 0 gone, 0 unchanged" in looked.stdout
    assert "line 4: the record type" in looked.stdout
    assert callers.operator.get("/v1/municipalities/08119085").status_code == 404
    applied = run(environment, "import", "--apply", str(file))
    assert "2 records changed." in applied.stdout
    assert callers.operator.get("/v1/municipalities/08119085").status_code == 200
    again = run(environment, "import", "--apply", str(file))
    assert "0 records changed." in again.stdout


def test_a_file_that_is_not_there_is_one_sentence(environment: dict[str, str]) -> None:
    ended = run(environment, "import", "/nowhere.txt")
    assert ended.returncode == 2
    assert "does not exist" in ended.stderr
    assert "Traceback" not in ended.stderr
