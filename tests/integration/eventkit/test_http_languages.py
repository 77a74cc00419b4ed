"""Refusals speak the caller's language: German where it is preferred, else English."""

import httpx
import pytest

from tests.integration.eventkit.http_calls import As

GERMAN = ["de", "de-DE,de;q=0.9,en;q=0.8", "de-AT", "fr, de;q=0.8, en;q=0.7", "DE;q=1.0"]
ENGLISH = [
    "en",
    "en-GB,en;q=0.9,de;q=0.8",
    "fr",
    "*",
    "de;q=0",
    "",
    "../../etc/passwd",
    "de" * 2000,
]


def missing(client: httpx.Client, language: str) -> httpx.Response:
    return client.get("/v1/nothing", headers={"Accept-Language": language})


@pytest.mark.parametrize("language", GERMAN)
def test_german_is_spoken_to_who_prefers_it(client: httpx.Client, language: str) -> None:
    answer = missing(client, language)
    assert answer.json()["title"] == "Nicht gefunden"
    assert answer.json()["detail"] == "Das gibt es hier nicht."
    assert answer.headers["Content-Language"] == "de"


@pytest.mark.parametrize("language", ENGLISH)
def test_english_is_spoken_to_all_others(client: httpx.Client, language: str) -> None:
    answer = missing(client, language)
    assert answer.json()["title"] == "Not found"
    assert answer.headers["Content-Language"] == "en"
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("body", "pointer", "sentence"),
    [
        ({}, "#/title", "Diese Angabe fehlt."),
        ({"title": 5}, "#/title", "Das ist kein Text."),
        ({"title": ""}, "#/title", "Die Länge muss zwischen 1 und 200 liegen."),
        ({"title": "a", "kind": "c"}, "#/kind", "Erlaubt sind: a, b."),
        ({"title": "a", "x": 1}, "#/x", "Dieses Feld gibt es nicht."),
        ({"title": "a", "starts_at": "gestern"}, "#/starts_at", "Das ist kein gültiger Zeitpunkt."),
        (
            {"title": "a", "parts": [{"seats": 0}]},
            "#/parts/0/seats",
            "Der Wert muss von 1 bis 500 reichen.",
        ),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_german(
    as_: As, body: object, pointer: str, sentence: str
) -> None:
    headers = {"Accept-Language": "de", "Idempotency-Key": '"german"'}
    problem = as_().post("/v1/things", json=body, headers=headers).json()
    assert problem["detail"] == "Die Anfrage entspricht nicht ihrem Schema."
    assert problem["errors"] == [{"detail": sentence, "pointer": pointer}]


def test_the_place_in_an_unreadable_body_is_said_in_german(as_: As) -> None:
    headers = {"Accept-Language": "de", "Content-Type": "application/json"}
    problem = as_().post("/v1/things", content=b'{"title": x}', headers=headers).json()
    assert problem["detail"] == "Der Inhalt ist kein JSON: Zeile 1, Spalte 11."


def test_programs_read_the_same_in_every_language(client: httpx.Client) -> None:
    english, german = missing(client, "en").json(), missing(client, "de").json()
    for member in ("type", "status", "code"):
        assert english[member] == german[member]


@pytest.mark.parametrize("language", ["de", "en"])
def test_pages_say_their_language(client: httpx.Client, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": language})
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert ("Interaktive Dokumentation" in answer.text) is (language == "de")
