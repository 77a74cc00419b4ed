"""The certificate of a first start: for all names, its key for its owner only, written once."""

import subprocess
from pathlib import Path

from cryptography import x509

from local.processes import Command
from tests.edge.proxy import DOMAIN, EDGE


def write(folder: Path) -> str:
    command: Command = [EDGE / "certificate.sh", folder, DOMAIN]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_first_certificate_is_for_every_service(tmp_path: Path) -> None:
    assert "self-signed" in write(tmp_path)
    made = x509.load_pem_x509_certificate((tmp_path / "fullchain.pem").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    services = [f"{name}.{DOMAIN}" for name in ("registry", "meetings", "notifications")]
    assert names.get_values_for_type(x509.DNSName) == [DOMAIN, *services]
    assert (tmp_path / "privkey.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["fullchain.pem", "privkey.pem"]


def test_a_certificate_that_lies_there_stays(tmp_path: Path) -> None:
    (tmp_path / "fullchain.pem").write_text("ours", "utf-8")
    assert "already" in write(tmp_path)
    assert [file.read_text("utf-8") for file in tmp_path.iterdir()] == ["ours"]
