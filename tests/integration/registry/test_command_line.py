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


def test_a_look_names_what_changes_and_what_goes(
    environment: dict[str, str], callers: Callers, tmp_path: Path
) -> None:
    file = tmp_path / "directory.txt"
    before = (state("09"), municipality(ags="09119001"), municipality(ags="09119002"))
    file.write_text("\n".join(before), encoding="utf-8")
    assert "2 records changed." in run(environment, "import", "--apply", str(file)).stdout
    after = (state("09"), municipality(ags="09119001", name="Neustadt", population="7"))
    file.write_text("\n".join(after), encoding="utf-8")
    looked = run(environment, "import", str(file)).stdout
    assert "name Winnenden, Stadt -> Neustadt, population 28495 -> 7\n" in looked
    assert "  gone 09119002: Winnenden, Stadt\n" in looked
    assert "Repeat with --apply" in looked
    file.write_text(municipality(ags="09119001", name="Altstadt"), encoding="utf-8")
    assert "\n1 record changed." in run(environment, "import", "--apply", str(file)).stdout
    assert callers.operator.get("/v1/municipalities/09119001").status_code == 200


def test_a_look_at_nothing_but_refused_lines_suggests_nothing(
    environment: dict[str, str], callers: Callers, tmp_path: Path
) -> None:
    file = tmp_path / "directory.txt"
    file.write_text(municipality(ags="07119001"), encoding="utf-8")
    run(environment, "import", "--apply", str(file))
    file.write_text(municipality(ags="07119001", day="20191231"), encoding="utf-8")
    looked = run(environment, "import", str(file))
    assert (looked.returncode, "--apply" in looked.stdout) == (0, False)
    assert "Refused lines: 1" in looked.stdout
    assert callers.operator.get("/v1/municipalities/07119001").status_code == 200


def test_a_file_without_any_usable_line_is_no_directory(
    environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "directory.txt"
    file.write_text("Liebe Kolleginnen und Kollegen\n", encoding="utf-8")
    refused = run(environment, "import", str(file))
    assert refused.returncode == 1
    assert refused.stderr.startswith("No line of the file says anything usable. Line 1: the record")


def test_a_missing_setting_is_named_before_anything_is_read(tmp_path: Path) -> None:
    file = tmp_path / "directory.txt"
    file.touch()
    refused = run({}, "import", str(file))
    assert (refused.returncode, refused.stdout) == (78, "")
    assert "DATABASE_URL" in refused.stderr


def test_a_file_that_is_not_there_is_one_sentence(environment: dict[str, str]) -> None:
    ended = run(environment, "import", "/nowhere.txt")
    assert ended.returncode == 2
    assert "does not exist" in ended.stderr
    assert "Traceback" not in ended.stderr
