"""Loads what a service's processes load, so that its bytecode is in the image: compiled.py SERVICE.

The image is read-only, so what has none is compiled anew in every process.
"""

import sys
from importlib import import_module

LATE = (
    "alembic.command",
    "gunicorn.workers.gthread",
    "kafka",
    "psycopg.pq",
    "psycopg_binary",
    "sqlalchemy.dialects.postgresql.psycopg",
)

service = sys.argv[1]
for module in ("eventkit.run", f"{service}.app", *LATE):
    import_module(module)
