"""What one would write otherwise: Flask, marshmallow and the ORM, one table, one POST."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID, uuid4

import marshmallow as ma
import sqlalchemy as sa
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import orm

engine = sa.create_engine(os.environ["ORM_DATABASE_URL"], pool_size=12, max_overflow=0)
Session = orm.sessionmaker(engine)
app = Flask("orm")


class Base(orm.DeclarativeBase):
    pass


class Meeting(Base):
    __tablename__ = "meetings"
    id: orm.Mapped[UUID] = orm.mapped_column(primary_key=True, default=uuid4)
    kind: orm.Mapped[str]
    title: orm.Mapped[str]
    mode: orm.Mapped[str | None]
    vague_date: orm.Mapped[str | None]
    state: orm.Mapped[str] = orm.mapped_column(default="idea")
    created_at: orm.Mapped[Any] = orm.mapped_column(
        sa.DateTime(timezone=True), server_default=sa.func.now()
    )


class MeetingSchema(ma.Schema):
    id = ma.fields.UUID(dump_only=True)
    kind = ma.fields.String(required=True, validate=ma.validate.Length(1, 50))
    title = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))
    mode = ma.fields.String(allow_none=True)
    vague_date = ma.fields.String(allow_none=True)
    state = ma.fields.String(dump_only=True)
    created_at = ma.fields.DateTime(dump_only=True)


SCHEMA = MeetingSchema()


@app.post("/v1/meetings")
def create() -> ResponseReturnValue:
    try:
        data = SCHEMA.load(request.get_json())
    except ma.ValidationError as error:
        return jsonify(error.messages), 422
    with Session() as session:
        meeting = Meeting(**data)
        session.add(meeting)
        session.commit()
        return jsonify(SCHEMA.dump(meeting)), 201


if __name__ == "__main__":
    Base.metadata.create_all(engine)
