"""Names are found whatever their case and the form of their letters."""

import sqlalchemy as sa
from alembic import op

from eventkit.texts import caseless

revision = "registry_0003"
down_revision = "registry_0002"
branch_labels = None
depends_on = None

_NAMED = {"municipalities": "ags", "districts": "district_key", "organisations": "organisation_id"}


def upgrade() -> None:
    for table, key in _NAMED.items():
        op.add_column(table, sa.Column("name_folded", sa.Text))
        _fold(table, key)
        op.alter_column(table, "name_folded", nullable=False)


def _fold(table: str, key: str) -> None:
    connection = op.get_bind()
    rows = sa.table(table, sa.column(key), sa.column("name"), sa.column("name_folded"))
    known = connection.execute(sa.select(rows.c[key], rows.c.name)).all()
    if not known:
        return
    change = (
        sa.update(rows)
        .where(rows.c[key] == sa.bindparam("row_key"))
        .values(name_folded=sa.bindparam("folded"))
    )
    folded = [{"row_key": identity, "folded": caseless(name)} for identity, name in known]
    connection.execute(change, folded)
