"""What the problem codes of meetings mean."""

from collections.abc import Mapping

from eventkit.http.problem_kinds import Kind, already, kind, unknown

_ACTIONS = "Read the meeting: `actions` lists what you may do with it now."

PROBLEMS: Mapping[str, Kind] = {
    "agenda-does-not-fit": kind(
        "Agenda longer than the new time", "Publish a shorter agenda, then move the meeting.", 409
    ),
    "already-planned": already("Meeting already planned"),
    "already-registered": already("Already registered"),
    "already-there": kind("Already checked in", "Who is there cannot leave the list.", 409),
    "bad-period": kind("End before the start", "Name an end that is after the start.", 422),
    "capacity-below-registered": kind(
        "Capacity below the places taken", "Name at least as many places as are taken.", 409
    ),
    "contact-and-name": kind(
        "Contact and name at once", "Name the contact alone; the registry knows the rest.", 422
    ),
    "contact-of-registry": kind(
        "Contact of the registry", "Erase the contact in the registry.", 409
    ),
    "documented-too-early": kind(
        "Documented before it was held", "Name a time after the end of the meeting.", 422
    ),
    "empty-agenda": kind("Empty agenda", "Name at least one item.", 422),
    "foreign-contact": kind(
        "Contact of another party", "Leave the party out, or name the contact's own.", 422
    ),
    "foreign-emphasis": kind(
        "Emphasis on foreign words", "Emphasise phrases that stand in the statement.", 422
    ),
    "foreign-party": kind(
        "Not your administration", "You register people of your own administration only.", 403
    ),
    "group-twice": kind("Group named twice", "Name every group once.", 422),
    "half-a-time": kind("Half a time", "Name the start and the end, or neither.", 422),
    "in-the-future": kind("Time in the future", "Report it when it has happened.", 422),
    "in-the-past": kind(
        "Time in the past", "Record a meeting of the past with POST /v1/meetings/records.", 422
    ),
    "items-out-of-order": kind("Items out of order", "Sort the items by their start.", 422),
    "meeting-is-cancelled": kind("Meeting is cancelled", _ACTIONS, 409),
    "meeting-is-closed": kind("Registration is closed", _ACTIONS, 409),
    "meeting-is-documented": kind("Meeting is documented", _ACTIONS, 409),
    "meeting-is-held": kind("Meeting was held", _ACTIONS, 409),
    "meeting-is-idea": kind("Meeting has no date yet", _ACTIONS, 409),
    "meeting-is-open": kind("Registration is open", _ACTIONS, 409),
    "meeting-is-over": kind("Meeting is over", "Its time has passed; nobody registers now.", 409),
    "meeting-is-running": kind("Meeting is running", _ACTIONS, 409),
    "meeting-is-scheduled": kind("Nobody is invited yet", _ACTIONS, 409),
    "meeting-or-date": kind("Meeting or vague date", "Name one of the two, not both.", 422),
    "meeting-without-time": kind(
        "Meeting without a time", "Schedule the meeting before its items get times.", 409
    ),
    "no-audience": kind("Nobody invited", "Name at least one group.", 422),
    "no-pairs": kind("Nothing to compare", "Name at least one pair.", 422),
    "no-place": kind("No place yet", "Who waits gets a place when one is given back.", 409),
    "no-statements": kind("No statement", "Name at least one statement.", 422),
    "nobody": kind("Nobody named", "Name a contact, or a name and an e-mail address.", 422),
    "not-erased": kind("Not erased", "Erase the person first.", 409),
    "not-in-the-past": kind("Not over yet", "Plan a meeting that is still to come.", 422),
    "outside-the-meeting": kind(
        "Outside of the meeting", "Name times between its start and its end.", 422
    ),
    "overlapping-items": kind("Overlapping items", "End an item before the next one starts.", 422),
    "reason-without-mode": kind("Reason without a mode", "Name the mode as well.", 422),
    "same-cohort": kind("Same cohort twice", "Name two different cohorts.", 422),
    "same-meeting": kind("Same meeting", "Name another meeting as the next one.", 422),
    "same-mode": already("Mode as before"),
    "same-time": already("Time as before"),
    "too-many-registrations": kind(
        "Too many guests registered", "Wait as many seconds as Retry-After says.", 429
    ),
    "unknown-cohort": unknown("Unknown cohort", 422),
    "unknown-contact": unknown("Unknown contact", 422),
    "unknown-meeting": unknown("Unknown meeting", 404, 422),
    "unknown-municipality": unknown("Unknown municipality", 422),
    "unknown-participant": unknown("Unknown participant"),
    "unknown-programme": unknown("Unknown programme", 422),
    "unknown-story": unknown("Unknown statement"),
    "vague-and-exact": kind("Vague and exact at once", "Name a vague date or a time.", 422),
}
