"""What is away or busy for the moment is never told as a crash."""

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from contracts.catalog import UnknownEvent
from eventkit.chain import BrokenStream
from eventkit.database import Unavailable
from eventkit.http import failures
from eventkit.idempotency import KeyBusy, KeyTaken


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (Unavailable(), 503),
        (psycopg.OperationalError(), 503),
        (sa.exc.OperationalError("", {}, Exception()), 503),
        # The key database's pool has nothing free.
        (sa.exc.TimeoutError(), 503),
        (UnknownEvent("meeting.dreamt.v1"), 503),
        (KeyBusy(), 409),
        # The first call's record grew too old between the two looks at it.
        (KeyTaken(), 409),
    ],
)
def test_it_is_answered_with_when_to_come_again(raised: Exception, status: int) -> None:
    answer = answer_to(raised)
    assert answer.status_code == status
    assert answer.headers["Retry-After"] in ("1", "5")


def test_a_stream_that_was_changed_is_no_failure_that_passes_soon() -> None:
    answer = answer_to(BrokenStream("meeting-1", 2))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.get_json()["code"] == "broken-stream"


def answer_to(raised: Exception) -> TestResponse:
    app = Flask("sample")
    failures.register(app)

    def fail() -> str:
        raise raised

    app.add_url_rule("/", view_func=fail)
    return app.test_client().get("/")
