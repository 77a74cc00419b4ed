"""The metadata of all read models of this service; each table stands beside its functions."""

import sqlalchemy as sa

metadata = sa.MetaData()
