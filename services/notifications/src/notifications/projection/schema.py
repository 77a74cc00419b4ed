"""The one collection of this service's tables, which migrations are compared with."""

import sqlalchemy as sa

METADATA = sa.MetaData()
