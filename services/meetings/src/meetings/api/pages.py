"""The German words of the page behind a personal link; small enough to stand in one place."""

from collections.abc import Mapping
from datetime import datetime

from eventkit.german import period
from meetings.api.times import ZONE

MODES = {"in_person": "vor Ort", "digital": "digital", "hybrid": "vor Ort und digital"}
STANDINGS: Mapping[str, str] = {
    "registered": "Sie sind angemeldet und haben einen Platz.",
    "waitlisted": "Sie stehen auf der Warteliste.",
    "attended": "Sie haben teilgenommen.",
}
PAGE = """<!doctype html>
<html lang="de"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>Ihre Anmeldung</title></head><body>
"""
KEPT = """<main><h1>{{ title }}</h1>
<p>Guten Tag{% if name %} {{ name }}{% endif %},</p>
{% if is_off %}<p>dieses Treffen findet leider nicht statt.</p>
{% else %}<p>{{ standing }}</p>{% endif %}
<dl>{% for label, fact in facts.items() %}<dt>{{ label }}</dt>
<dd>{% if fact.startswith("https://") %}<a href="{{ fact }}" rel="noreferrer">{{ fact }}</a>
{%- else %}{{ fact }}{% endif %}</dd>{% endfor %}</dl>
{% if can_withdraw %}<form method="post"><button type="submit">Ich sage ab</button></form>
{% endif %}<p>Dieser Link ist persönlich. Bitte geben Sie ihn nicht weiter.</p>
"""
# Opened first, so that nobody hits the button by accident; addresses are relative to the page.
DATA = """<p><a href="{{ token }}/export">Meine Angaben herunterladen</a></p>
{% if is_guest %}<details><summary>Meine Angaben löschen</summary>
<p>Ihr Name und Ihre E-Mail-Adresse werden endgültig gelöscht. Sind Sie noch angemeldet, werden Sie
abgemeldet. Danach gilt dieser Link nicht mehr.</p>
<form method="post" action="{{ token }}/erasure">
<button type="submit">Endgültig löschen</button></form></details>{% endif %}</main></body></html>
"""
GIVEN_BACK = """<main><h1>Sie sind abgemeldet</h1>
<p>Ihre Anmeldung zu „{{ title }}“ ist zurückgenommen.</p>
"""
ERASED = """<main><h1>Ihre Angaben sind gelöscht</h1>
<p>Ihr Name und Ihre E-Mail-Adresse sind endgültig gelöscht. Sie bekommen keine Mails mehr.</p>
</main></body></html>
"""
NOT_ERASED = """<main><h1>Das Löschen ist gerade nicht möglich</h1>
<p>Bitte wenden Sie sich an die Stelle, die Sie eingeladen hat.</p></main></body></html>
"""
TOO_LATE = """<main><h1>{{ title }}</h1>
<p>Eine Abmeldung ist jetzt nicht mehr möglich.</p></main></body></html>
"""
GONE = """<main><h1>Dieser Link gilt nicht</h1>
<p>Er ist abgelaufen, gehört zu einer früheren Anmeldung, oder wurde unvollständig kopiert.</p>
</main></body></html>
"""


def when(starts_at: datetime | None, ends_at: datetime | None) -> str | None:
    """Begin and end as the mails write them."""
    if starts_at is None:
        return None
    return period(starts_at.astimezone(ZONE), ends_at and ends_at.astimezone(ZONE))
