"""How deliveries are counted: by few words, whatever a receiver's server answers."""

import pytest

from notifications.delivery.outcomes import code_class


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("http_503", "http_5xx"),
        ("http_404", "http_4xx"),
        ("smtp_452", "smtp_4xx"),
        ("smtp_550", "smtp_5xx"),
        ("connection_failed", "connection_failed"),
        ("none", "none"),
    ],
)
def test_a_status_is_counted_by_its_class_and_a_word_by_itself(code: str, counted: str) -> None:
    assert code_class(code) == counted


def test_whatever_status_there_is_there_are_ten_classes() -> None:
    assert len({code_class(f"http_{status:03}") for status in range(1000)}) == 10
