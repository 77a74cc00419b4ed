"""What people see as one name is one name, and nothing stands in it that nobody sees (S25)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.security.conftest import Count
from tests.security.site import Site, Who, create

ORGANISER, ESSLINGEN = Who("organiser"), Who("district", "08116")
ORGANISATIONS = "/v1/organisations"
# Format characters (Cf) and controls (Cc), each of another kind.
UNSEEN = {
    "soft hyphen": "\u00ad",
    "Arabic number sign": "\u0600",
    "Arabic letter mark": "\u061c",
    "Mongolian vowel separator": "\u180e",
    "zero width space": "\u200b",
    "zero width non-joiner": "\u200c",
    "zero width joiner": "\u200d",
    "left-to-right mark": "\u200e",
    "right-to-left override": "\u202e",
    "word joiner": "\u2060",
    "invisible times": "\u2062",
    "right-to-left isolate": "\u2067",
    "nominal digit shapes": "\u206f",
    "byte order mark": "\ufeff",
    "interlinear annotation": "\ufff9",
    "Kaithi number sign": "\U000110bd",
    "musical begin beam": "\U0001d173",
    "tag letter": "\U000e0041",
    "line separator": "\u2028",
    "null": "\x00",
    "bell": "\x07",
    "delete": "\x7f",
    "next line": "\x85",
    "line feed": "\n",
}
# The same to a reader: how one was written when it was kept, and how another looks for it.
ALIKE = {
    "composed and decomposed": ("Z\u00fcrcher Kreis", "Zu\u0308rcher Kreis"),
    "ligature": ("O\ufb03ziell", "offiziell"),
    "sharp s": ("Stra\u00dfenverein", "STRASSENVEREIN"),
    "capital sharp s": ("GRO\u1e9e", "gro\u00df"),
    "full width": ("\uff21\uff37\uff2f", "awo"),
    "final sigma": ("\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"),
    "angstrom sign": ("\u212bland", "\u00e5LAND"),
}
# Not the same, however much they look it or a locale may hold.
DIFFERENT = {
    "dotless i": ("Izmir-Verein", "\u0131zmir-verein"),
    "dotted I": ("\u0130stanbul-Verein", "istanbul-verein"),
    "Cyrillic a": ("Pforzheim Hilft", "Pforzheim Hilft".replace("o", "\u043e")),
}


def register(site: Site, name: str) -> httpx.Response:
    body = {"name": name, "kind": "association"}
    return site.ask(ORGANISER, "registry", "POST", ORGANISATIONS, json=body)


def kept(site: Site, name: str) -> str:
    answer = register(site, name)
    assert answer.status_code == 201, answer.text
    shown = site.ask(ORGANISER, "registry", "GET", answer.headers["Location"])
    return str(shown.json()["name"])


def looked_for(site: Site, name: str) -> list[str]:
    query = {"name": name, "limit": "200"}
    answer = site.ask(ORGANISER, "registry", "GET", ORGANISATIONS, params=query)
    return [item["name"] for item in answer.json()["items"]]


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_sees_stands_in_no_name(site: Site, unseen: str, count: Count) -> None:
    answer = register(site, f"Pforz{unseen}heim")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "#/name"
    count("invisible characters in names", 1)


@pytest.mark.parametrize(
    "name",
    [
        # Sinhala "Sri" and Bengali "rya" are written with a joiner after the virama.
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0dbd\u0d82\u0d9a\u0dcf",
        "\u09b0\u200d\u09cd\u09af".replace("\u200d\u09cd", "\u09cd\u200d"),
        # Persian "we want", and Hindi with a visible virama.
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u06cc\u0645",
        "\u0915\u094d\u200c\u0937",
        # A mother with her daughter, a heart on fire.
        "\U0001f469\u200d\U0001f467 \u2764\ufe0f\u200d\U0001f525",
    ],
)
def test_a_joiner_stands_where_a_script_needs_it(site: Site, name: str) -> None:
    assert kept(site, name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("pair", ALIKE.values(), ids=ALIKE)
def test_a_name_is_found_in_every_form_of_its_letters(
    site: Site, pair: tuple[str, str], count: Count
) -> None:
    written, asked = pair
    composed = kept(site, written)
    assert composed == unicodedata.normalize("NFC", written)
    assert composed in looked_for(site, asked)
    count("forms of one name", 1)


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_names_of_other_letters_are_other_names(site: Site, pair: tuple[str, str]) -> None:
    written, asked = pair
    assert kept(site, written) not in looked_for(site, asked)


@pytest.fixture(scope="module")
def people(site: Site) -> str:
    """The address of a meeting's registrations."""
    programme = create(site, ORGANISER, "registry", "/v1/programmes", {"title": "Unicode"})
    site.settle()
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    body = {
        "kind": "workshop",
        "title": "Namen",
        "mode": "digital",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=1)).isoformat(),
    }
    meeting = f"/v1/meetings/{create(site, ORGANISER, 'meetings', '/v1/meetings', body)}"
    shown = site.ask(ORGANISER, "meetings", "GET", meeting)
    opened = site.ask(
        ORGANISER,
        "meetings",
        "POST",
        f"{meeting}/open-invitations",
        json={"audience": [{"kind": "steering_group", "id": programme}]},
        headers={"If-Match": shown.headers["ETag"]},
    )
    assert opened.status_code == 200, opened.text
    return f"{meeting}/registrations"


@pytest.mark.parametrize("pair", ALIKE.values(), ids=ALIKE)
def test_a_person_takes_one_place_in_whatever_letters(
    site: Site, people: str, pair: tuple[str, str]
) -> None:
    local = uuid4().hex
    answers = [
        site.ask(ESSLINGEN, "meetings", "POST", people, json=guest)
        for guest in (
            {"side": "guest", "name": name, "email": f"{address}@example.org"}
            for name, address in zip(pair, (local, local.upper()), strict=True)
        )
    ]
    assert [answer.status_code for answer in answers] == [201, 409], answers[1].text
    assert answers[1].json()["code"] == "already-registered"


def test_other_letters_are_another_person(site: Site, people: str) -> None:
    for pair in DIFFERENT.values():
        for name in pair:
            guest = {"side": "guest", "name": name, "email": "wir@example.org"}
            answer = site.ask(ESSLINGEN, "meetings", "POST", people, json=guest)
            assert answer.status_code == 201, answer.text


def programme(site: Site, **body: Any) -> httpx.Response:
    return site.ask(ORGANISER, "registry", "POST", "/v1/programmes", json=body)


def test_a_tower_of_marks_is_refused_wherever_text_is_taken(site: Site, count: Count) -> None:
    most = 30
    for marks in (most + 1, 190, 10_000):
        tower = "Z" + "\u0334" * marks
        assert register(site, tower).status_code == 422
        assert programme(site, title="Turm", goal=f"Ein {tower} im Ziel").status_code == 422
        count("towers of marks", 2)
    just = "Z" + "\u0334" * most
    assert kept(site, just) == just


def test_length_counts_characters_and_no_character_is_cut(site: Site) -> None:
    longest = "\U0001d7d8" * 200
    assert len(longest.encode()) == 800
    assert kept(site, longest) == longest
    assert register(site, longest + "a").status_code == 422
    # What grows when it is composed is measured as it would be kept.
    assert register(site, "\u0958" * 101).status_code == 422
    assert kept(site, "\u0958" * 100) == "\u0915\u093c" * 100


def test_a_half_of_a_character_is_no_text(site: Site) -> None:
    body = b'{"name": "a\\ud83d", "kind": "association"}'
    answer = site.ask(
        ORGANISER,
        "registry",
        "POST",
        ORGANISATIONS,
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422)
