"""Prepared statements by single calls of libpq, for the few that every command sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, LiteralString

import psycopg
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

_NOT_PREPARED = b"26000"
_numbers = count(1)


class _Whole(Dumper):
    """Numbers as text, so that the server reads them as what the statement makes of them.

    psycopg names a type by a number's size. A statement that was prepared for small ones, or for
    NULL, refuses larger ones.
    """

    def dump(self, obj: int) -> bytes:
        return b"%d" % obj


_adapters = AdaptersMap(psycopg.adapters)
_adapters.register_dumper(int, _Whole)


@dataclass(frozen=True, slots=True)
class _Context:
    connection: psycopg.Connection[TupleRow]
    adapters: AdaptersMap = _adapters


def fetch(
    connection: psycopg.Connection[TupleRow], sql: LiteralString, values: Sequence[Any]
) -> list[TupleRow]:
    """All rows of a statement whose text comes again and again; raises what a cursor raises.

    A cursor waits for the answer in Python, and with several threads that costs more than all
    else that a command does here (decision 0001). So on a connection without a transaction, libpq
    is called straight; its waiting is bounded by the server's time limits.
    """
    conn = connection.pgconn
    is_idle = conn.transaction_status == TransactionStatus.IDLE
    if not is_idle or conn.pipeline_status != PipelineStatus.OFF:
        # One that is not prepared yet would end the transaction.
        return connection.execute(sql, values, prepare=True).fetchall()
    transformer = Transformer(_Context(connection))
    # NULL is None here, which the protocol's types forget.
    given: Any = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
    name, text = _named(sql, transformer.types)
    result = conn.exec_prepared(name, given, transformer.formats)
    if _state(result) == _NOT_PREPARED:
        conn.prepare(name, text, transformer.types)
        result = conn.exec_prepared(name, given, transformer.formats)
    if result.status != ExecStatus.TUPLES_OK:
        error = psycopg.errors.error_from_result(result)
        raise psycopg.OperationalError(str(error)) if connection.closed else error
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


@lru_cache(1000)
def _named(sql: LiteralString, _types: tuple[int, ...] | None) -> tuple[bytes, bytes]:
    """A name for all connections, and the text with the parameters as libpq counts them.

    One for each row of types, for the server takes values only as it was told once; NULL has none.
    """
    first, *rest = sql.split("%s")
    text = first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
    return b"eventkit_%d" % next(_numbers), text.encode()


def _state(result: PGresult) -> bytes | None:
    if result.status != ExecStatus.FATAL_ERROR:
        return None
    return result.error_field(DiagnosticField.SQLSTATE)
