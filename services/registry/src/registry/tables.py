"""The registry's own tables: the metadata of all its read models, and uploads that wait."""

import sqlalchemy as sa

metadata = sa.MetaData()

# A directory that was uploaded and not yet applied; no read model, so nothing rebuilds it.
UPLOADS = sa.Table(
    "directory_uploads",
    metadata,
    sa.Column("upload_id", sa.Uuid, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("uploaded_by", sa.Text, nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)
