"""The digital network meeting of 16 October 2020, shortened from its documentation."""

from typing import Any

RECORD: dict[str, Any] = {
    "kind": "network_meeting",
    "title": "Erstes Netzwerktreffen (Kohorte 2020/2021)",
    "mode": "digital",
    "mode_reason": "Corona-Pandemie",
    "starts_at": "2020-10-16T14:00:00+02:00",
    "ends_at": "2020-10-16T17:00:00+02:00",
    "reason": "Aus der Dokumentation vom 3. November 2020 übernommen",
}


def item(time: str | None, title: str, kind: str, **more: Any) -> dict[str, Any]:
    at = {"starts_at": f"2020-10-16T{time}:00+02:00"} if time else {}
    return {"title": title, "kind": kind, **at, **more}


AGENDA = [
    item("14:00", "Begrüßung", "welcome", speaker_role="Generalsekretär:in, Führungsakademie"),
    item(None, "Grußwort", "greeting", speaker_role="Ministerialdirigent:in, Ministerium"),
    item(
        "14:30",
        "Eindrücke vom Projektstart",
        "input",
        topics=["Worauf wir aufbauen", "Wer fehlt noch?", "Tendenzen"],
    ),
    item("15:00", "Pause", "break"),
    item("15:15", "Engagementgeschichten", "stories"),
    item("16:20", "Pause", "break"),
    item("16:30", "Gemeinsamer Abschluss und Ausblick", "closing"),
    item("17:00", "Ende des Netzwerktreffens", "end"),
]
# None where neither the item nor the next one says a time.
SHOWN_ENDS = [None, "14:30", "15:00", "15:15", "16:20", "16:30", "17:00", "17:00"]

STATEMENTS: dict[str, list[str]] = {
    "foundations": [
        "Integration gelingt, wenn sich Menschen engagieren",
        "Der Anfang ist entscheidend",
        "Auf Nachhaltigkeit achten",
        "Selbst etwas beitragen können",
        "„Engagement baut Hürden ab“",
        "Worte haben Bedeutung",
        "Integration ist keine Einbahnstraße",
        "Den Begriff „Bürgerengagement“ nicht verwenden",
        "Mitgebrachte Kompetenzen anerkennen",
        "Brücken bauen, nicht Gräben ausheben",
        "Wege zum Engagement ebnen",
    ],
    "motivation": [
        "Glück ist, was ich gebe",
        "Einfach anfangen und handeln",
        "Menschen brauchen andere, die sie ermutigen",
        "Den Nutzen des Engagements deutlich machen",
        "Einen wichtigen Beitrag leisten",
        "Man steht nicht alleine",
        "Es braucht Vorbilder",
    ],
    "approaches": [
        "Vertrauen aufbauen",
        "Begegnung auf Augenhöhe",
        "Gemeinsame Interessen",
        "Positive Kontakte im Umfeld",
        "Engagierte sind Botschafter*innen",
        "Veranstaltungen für Kinder erreichen Eltern",
        "Engagierte sind Multiplikator*innen",
        "Eine Plattform, um sich zu begegnen",
        "Klischees aufbrechen",
        "Orte und Treffpunkte",
        "Ein geschützter Raum",
        "Eigene Kompetenzen einbringen",
        "Formate, die Sprache anders vermitteln",
        "Bei Ressourcen ansetzen",
        "Sprache inklusiv lernen",
        "Motivation konkret abfragen",
        "Durch Praxis wird Sprache schneller gelernt",
        "Story-Telling deckt Ressourcen auf",
        "Arbeit finden als wichtiger Schritt",
        "Biographiearbeit, die „Triggerpunkte“ beachtet",
        "Berufsbiographien beachten",
    ],
    "benefit": [
        "Engagement ist Ankommen in der „neuen Heimat“",
        "Positive Erfahrungen in der Jugend begleiten ein Leben lang",
        "Kulturelle Vielfalt öffnet den Blick",
        "Die Gesamtgesellschaft im Blick haben",
        "Beim Engagement in der Kommune fängt es an",
        "Die Bindung zum demokratischen Staat fördern",
        "Politische Teilhabe ist ganz wichtig",
    ],
}

PAIRS = [
    ("Akute Hilfe -> dauerhafte Initiativen", "Initiativen bündeln, Synergien, „Dach“"),
    ("Kommunikation initiieren, Gremien schaffen", "Weitere Akteur*innen gewinnen"),
    ("Themen identifizieren", "Neue Impulse, Portfolio überprüfen"),
    ("Betroffene (individuell) beteiligen", "Migrant*innen-Selbstorganisation stärken"),
    ("Start der Integrationsbeauftragten", "Aufgaben weiterentwickeln, Stellenwechsel"),
]


def told_statements() -> list[dict[str, Any]]:
    """All statements as a body has them."""
    return [
        {"section": section, "statement": statement}
        for section, statements in STATEMENTS.items()
        for statement in statements
    ]


def seen_pairs() -> list[dict[str, str]]:
    return [{"earlier": earlier, "later": later} for earlier, later in PAIRS]
