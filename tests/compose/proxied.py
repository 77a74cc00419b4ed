"""Requests to names of the proxy, which no name server of this machine knows."""

import ssl

import httpx

from local.ports import LOOPBACK


class Proxied(httpx.BaseTransport):
    """Sends what is meant for https://NAME:PORT to the loopback address, under that name.

    `certificate` is the one that the proxy has to show for it.
    """

    def __init__(self, certificate: str) -> None:
        trusted = ssl.create_default_context(cadata=certificate)
        self._wire = httpx.HTTPTransport(verify=trusted)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host=LOOPBACK)
        return self._wire.handle_request(request)

    def close(self) -> None:
        self._wire.close()
