"""Exits 0 when the process in this container says that it is ready."""

import sys
from http.client import HTTPConnection, HTTPException

connection = HTTPConnection("127.0.0.1", 9000, timeout=4)
try:
    connection.request("GET", "/readyz")
    sys.exit(connection.getresponse().status != 200)
except (OSError, HTTPException):
    sys.exit(1)
