"""Directories that wait between preview and apply, named by their content."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from registry.tables import UPLOADS

KEPT = timedelta(hours=24)
_NAMESPACE = UUID("5c6f5f0e-8c0b-4f43-9a55-9a1d6f1d9b0a")


@dataclass(frozen=True, kw_only=True)
class Upload:
    upload_id: UUID
    content: bytes
    expires_at: datetime


def lines(content: bytes) -> Iterator[bytes]:
    """The content line by line, without a copy of all lines at once."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start) + 1 or len(content)
        yield content[start:end]
        start = end


def keep(connection: sa.Connection, content: bytes, uploaded_by: str, now: datetime) -> Upload:
    """Keep a directory for a day; the same content again is the same upload, kept longer."""
    upload = Upload(
        upload_id=uuid5(_NAMESPACE, sha256(content).hexdigest()),
        content=content,
        expires_at=now + KEPT,
    )
    row = {
        "upload_id": upload.upload_id,
        "content": content,
        "uploaded_by": uploaded_by,
        "expires_at": upload.expires_at,
    }
    connection.execute(sa.delete(UPLOADS).where(UPLOADS.c.expires_at < now))
    connection.execute(
        insert(UPLOADS)
        .values(row)
        .on_conflict_do_update(
            index_elements=[UPLOADS.c.upload_id], set_={"expires_at": upload.expires_at}
        )
    )
    return upload


def find(connection: sa.Connection, upload_id: UUID, now: datetime) -> Upload | None:
    """The upload, unless it is unknown or has expired."""
    query = sa.select(UPLOADS).where(UPLOADS.c.upload_id == upload_id, UPLOADS.c.expires_at >= now)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Upload(upload_id=row.upload_id, content=row.content, expires_at=row.expires_at)
