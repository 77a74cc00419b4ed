"""The official directory over HTTP: preview, apply, and nothing the second time."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from registry.tables import UPLOADS
from tests.integration.registry.conftest import Callers, told
from tests.unit.registry.directory_lines import district, municipality, state

EXAMPLE = Path(__file__).parents[3] / "examples" / "gv100ad_example.txt"
LINES = (
    state(),
    district(),
    municipality(),
    municipality(ags="08119091", association="0091", name="Weinstadt, Stadt"),
    municipality(kind="99", ags="08119079"),
    "",
    "no record",
)


def content(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def test_a_preview_counts_and_names_broken_lines_and_changes_nothing(callers: Callers) -> None:
    shown = told(callers.operator.upload(content(*LINES)), 201)
    assert (shown["municipalities"]["new"], shown["districts"]["new"]) == (2, 1)
    assert [line["line"] for line in shown["refused"]] == [5, 7]
    assert shown["refused_count"] == 2
    assert callers.operator.get("/v1/municipalities/08119085").status_code == 404


def test_an_applied_import_stands_in_the_register_and_is_no_news_again(
    callers: Callers,
) -> None:
    location = callers.operator.upload(content(*LINES)).headers["Location"]
    applied = told(callers.operator.post(f"{location}/apply"))
    assert applied["municipalities"]["new"] == 2
    found = told(callers.operator.get("/v1/municipalities/08119085"))
    assert (found["ags"], found["district_key"], found["active"]) == (
        "08119085",
        "08119",
        True,
    )
    again = told(callers.operator.post(f"{location}/apply"))
    assert again["municipalities"] == {
        "new": 0,
        "changed": 0,
        "gone": 0,
        "unchanged": 2,
        "changed_keys": [],
        "gone_keys": [],
    }
    assert callers.operator.get("/v1/municipalities/08119085").headers["ETag"].startswith('"1.')


def test_what_a_whole_state_lists_no_more_is_gone_but_stays_to_be_read(callers: Callers) -> None:
    shorter = callers.operator.upload(content(state(), district(), LINES[3]))
    assert told(shorter, 201)["municipalities"]["gone_keys"] == ["08119085"]
    callers.operator.post(f"{shorter.headers['Location']}/apply")
    gone = told(callers.operator.get("/v1/municipalities/08119085"))
    assert (gone["active"], gone["name"]) == (False, "Winnenden, Stadt")


def test_the_same_file_is_the_same_import(callers: Callers) -> None:
    first = callers.operator.upload(content(district()))
    second = callers.organiser.upload(content(district()))
    assert first.headers["Location"] == second.headers["Location"]


def test_an_unknown_import_is_not_found(callers: Callers) -> None:
    unknown = "/v1/municipalities/imports/00000000-0000-4000-8000-000000000000"
    assert callers.operator.get(unknown).status_code == 404
    assert callers.operator.post(f"{unknown}/apply").status_code == 404


@pytest.mark.parametrize("role", ["steering_group", "moderator", "service"])
def test_only_organiser_and_operator_import(callers: Callers, role: str) -> None:
    assert callers.as_role(role).upload(content(*LINES)).status_code == 403


def test_a_file_of_more_than_5_mb_is_refused(callers: Callers) -> None:
    assert callers.operator.upload(b"x" * (5 * 1024 * 1024 + 1)).status_code == 413


def test_hostile_content_is_refused_line_by_line(callers: Callers) -> None:
    hostile = b"\x00\xff\n" * 200_000
    answer = told(callers.operator.upload(hostile + content(district())), 201)
    assert answer["refused_count"] == 200_000
    assert len(answer["refused"]) == 1000


@pytest.mark.parametrize("given", [b"", b"\r\n", b"no record\n", b"20" + b" " * 200, b"%PDF-1.4\n"])
def test_a_file_without_any_usable_line_is_refused(callers: Callers, given: bytes) -> None:
    refused = told(callers.operator.upload(given), 422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("no-usable-line", "#")


def test_the_whole_directory_is_imported_without_a_refused_line(callers: Callers) -> None:
    given = Path(os.environ.get("GV100AD_FILE") or EXAMPLE).read_bytes()
    preview = callers.operator.upload(given)
    assert told(preview, 201)["refused"] == []
    done = told(callers.operator.post(f"{preview.headers['Location']}/apply"))["municipalities"]
    listed = sum(line.startswith(b"60") for line in given.splitlines())
    assert done["new"] + done["changed"] + done["unchanged"] == listed
    again = told(callers.operator.get(preview.headers["Location"]))
    assert again["municipalities"]["unchanged"] == listed


def test_an_upload_expires_and_goes_with_the_next_one(callers: Callers) -> None:
    old = callers.operator.upload(content(district("08118", "Ludwigsburg")))
    location = old.headers["Location"]
    with callers.kit.engine.connect() as connection:
        connection.execute(sa.update(UPLOADS).values(expires_at=callers.kit.now()))
        assert callers.operator.get(location).status_code == 404
        callers.operator.upload(content(district()))
        kept = connection.scalars(sa.select(UPLOADS.c.upload_id)).all()
    assert len(kept) == 1
    assert str(kept[0]) not in location
