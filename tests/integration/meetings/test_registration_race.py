"""Many people want the last seat at the same moment (reliability F35)."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from tests.integration.meetings.conftest import Caller, Callers, told

PEOPLE = 50


def register(caller: Caller, meeting: str, number: int) -> list[int]:
    """Register one guest; somebody who was overtaken tries again with the same key."""
    guest = {"side": "guest", "name": f"Gast {number}", "email": f"gast{number}@example.org"}
    key = {"Idempotency-Key": f'"{uuid4()}"'}
    statuses = [409]
    while statuses[-1] == 409:
        answer = caller.post(f"{meeting}/registrations", guest, **key)
        statuses.append(answer.status_code)
    return statuses[1:]


def test_one_of_fifty_gets_the_only_seat_and_all_others_wait(callers: Callers) -> None:
    meeting = callers.open(capacity=1)
    with ThreadPoolExecutor(max_workers=12) as crowd:
        tries = [
            crowd.submit(register, callers.organiser, meeting, number) for number in range(PEOPLE)
        ]
        statuses = [status for one in tries for status in one.result()]
    assert statuses.count(201) == PEOPLE
    assert set(statuses) <= {201, 409}
    attendance = told(callers.organiser.get(meeting))["attendance"]
    assert (attendance["registered"], attendance["waitlisted"]) == (1, PEOPLE - 1)
    listed = callers.organiser.items(f"{meeting}/registrations?limit=200")
    assert [one["standing"] for one in listed] == ["registered"] + ["waitlisted"] * (PEOPLE - 1)
    assert len({one["email"] for one in listed}) == PEOPLE
