"""Takes webhooks at port 8404 and prints each as a line of JSON; needs nothing but Python."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Call(BaseHTTPRequestHandler):
    """One delivery."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        print(json.dumps({"headers": headers, "body": body}), flush=True)  # noqa: T201 - read from the container's log
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Only calls stand in the log."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 8404), Call).serve_forever()
