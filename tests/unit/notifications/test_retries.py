"""When a delivery is tried again."""

from datetime import timedelta
from itertools import accumulate

import pytest

from notifications.domain.retries import Schedule, wait_after


def waits(schedule: Schedule, jitter: float = 0.0) -> list[timedelta]:
    found = (wait_after(schedule, attempt, jitter=jitter) for attempt in range(1, 30))
    return [wait for wait in found if wait is not None]


def test_a_webhook_is_tried_ten_times_over_three_days() -> None:
    moments = [timedelta(), *accumulate(waits(Schedule.WEBHOOK))]
    assert len(moments) == 10
    assert moments[-1] == timedelta(hours=75, minutes=35, seconds=5)


def test_jitter_lengthens_a_wait_by_a_tenth_at_most() -> None:
    for plain, longest in zip(waits(Schedule.WEBHOOK), waits(Schedule.WEBHOOK, 1.0), strict=True):
        assert plain < longest <= plain * 1.1


def test_a_postponed_mail_waits_at_least_five_minutes() -> None:
    assert min(waits(Schedule.MAIL_POSTPONED)) == timedelta(minutes=5)


@pytest.mark.parametrize("schedule", Schedule)
def test_waits_grow_up_to_a_day(schedule: Schedule) -> None:
    assert waits(schedule) == sorted(waits(schedule))
    assert waits(schedule)[-1] == timedelta(days=1)


def test_a_receiver_gets_a_day_at_most() -> None:
    asked = timedelta(seconds=99_999_999)
    assert wait_after(Schedule.WEBHOOK, 1, jitter=0, asked=asked) == timedelta(days=1)


def test_a_receiver_cannot_shorten_the_wait() -> None:
    asked = timedelta(seconds=1)
    assert wait_after(Schedule.WEBHOOK, 3, jitter=0, asked=asked) == timedelta(minutes=30)
