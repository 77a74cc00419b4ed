"""Who may speak to the proxy, and in which versions of TLS."""

import shutil
import socket
import ssl
from pathlib import Path

import pytest

from tests.edge.proxy import DOMAIN, NoNginx, lay_out, nginx
from tests.edge.site import Edge


def agreed(edge: Edge, version: ssl.TLSVersion) -> str | None:
    asked = ssl.create_default_context()
    asked.check_hostname = False
    asked.verify_mode = ssl.CERT_NONE
    asked.set_ciphers("ALL:@SECLEVEL=0")
    asked.minimum_version = asked.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", edge.proxy.port), timeout=20) as plain,
        asked.wrap_socket(plain, server_hostname=f"registry.{DOMAIN}") as connection,
    ):
        return connection.version()


def test_tls_is_spoken_from_1_2_on(edge: Edge) -> None:
    assert agreed(edge, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert agreed(edge, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_older_versions_are_refused(edge: Edge) -> None:
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        agreed(edge, ssl.TLSVersion.TLSv1_1)


def test_browsers_are_told_to_come_by_tls_only(edge: Edge) -> None:
    with edge.client() as client:
        assert client.get("/v1/things/open").headers["Strict-Transport-Security"]


def test_a_missing_nginx_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(NoNginx, match="nginx-light"):
        nginx()


def test_the_files_name_no_domain_and_no_address_but_the_replicas(tmp_path: Path) -> None:
    lay_out(tmp_path / "edge", 1, {})
    for file in (tmp_path / "edge").glob("*.conf"):
        text = file.read_text("utf-8")
        assert DOMAIN not in text
        assert ":8000" not in text
