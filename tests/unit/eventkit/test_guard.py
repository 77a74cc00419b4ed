"""What is wrong with the store is told as that, and not as a bug of ours."""

from eventkit.chain import BrokenStream
from eventkit.run import guard


def test_a_changed_stream_ends_a_command_with_its_name_and_version() -> None:
    told: list[str] = []

    def rebuild() -> None:
        raise BrokenStream("sample-1", 2)

    assert guard(rebuild, told.append) == 1
    assert told == ["The event store was changed: sample-1 version 2 is not what was stored."]
