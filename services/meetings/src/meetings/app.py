"""The composition root: what the meetings service consists of, and who may call what."""

from pathlib import Path

from eventkit.http.policy import NETWORK, PUBLIC, Policy, allow
from eventkit.service import Service, Subscription
from meetings.api import (
    agenda,
    calendar,
    days,
    links,
    participants,
    personal_data,
    planning,
    registrations,
    results,
    stories,
)
from meetings.api.examples import WORDS
from meetings.domain.meeting import MEETING
from meetings.people import HOLDINGS, PEOPLE
from meetings.problems import PROBLEMS
from meetings.projection.calendar import CALENDAR
from meetings.projection.network import (
    COHORTS,
    CONTACTS,
    MUNICIPALITIES,
    PROGRAMMES,
    municipalities,
)
from meetings.projection.registrations import REGISTRATIONS
from meetings.projection.stories import STORIES
from meetings.projection.tendencies import TENDENCIES
from meetings.settings import MeetingSettings

PLANS = allow("organiser", "steering_group")
PREPARES = allow(PLANS, "moderator")
RUNS = allow("organiser", "moderator")
REGISTERS = allow(RUNS, "steering_group", "municipality", "district")
# Names open for some of them only: see access.py.
SEES_REGISTRATIONS = allow(REGISTERS, "service")

POLICY: dict[str, Policy] = {
    "calendar.list_meetings": NETWORK,
    "calendar.show_meeting": allow(NETWORK, "participant"),
    "calendar.show_meeting_history": NETWORK,
    "agenda.show_agenda": NETWORK,
    "agenda.publish_agenda": PREPARES,
    "planning.plan_meeting": PLANS,
    "planning.record_meeting": PLANS,
    "planning.schedule_meeting": PLANS,
    "planning.reschedule_meeting": PLANS,
    "planning.change_mode": PLANS,
    "planning.place_meeting": PREPARES,
    "planning.cancel_meeting": PLANS,
    "days.start_meeting": RUNS,
    "days.end_meeting": RUNS,
    "days.publish_results": RUNS,
    "registrations.open_invitations": PLANS,
    "registrations.close_registration": PREPARES,
    "registrations.register_participant": REGISTERS,
    "registrations.list_registrations": SEES_REGISTRATIONS,
    "registrations.show_registration": allow(SEES_REGISTRATIONS, "participant"),
    "registrations.withdraw_participant": allow(RUNS, "municipality", "district", "participant"),
    "registrations.check_in_participant": RUNS,
    "results.announce_attendance": PREPARES,
    "results.count_attendance": RUNS,
    "results.announce_next_meeting": RUNS,
    "results.observe_tendencies": RUNS,
    "results.list_tendencies": NETWORK,
    "stories.tell_stories": RUNS,
    "stories.list_stories": NETWORK,
    "stories.withdraw_story": RUNS,
    "participants.read_addresses": allow("service"),
    "participants.read_links": allow("service"),
    "participant_data.erase_participant": allow(RUNS, "participant"),
    "participant_data.show_erasure": RUNS,
    "participant_data.export_participant": allow(RUNS, "participant"),
    # Who holds the link is let in by it.
    "links.show_page": PUBLIC,
    "links.withdraw": PUBLIC,
    "links.erase": PUBLIC,
    "links.download": PUBLIC,
}

SERVICE = Service(
    name="meetings",
    about="When and where the network meets, who comes, and what came of it.",
    aggregates=(MEETING,),
    read_models=(CALENDAR, REGISTRATIONS, STORIES, TENDENCIES),
    subscriptions=(
        Subscription(
            source="registry", read_models=(MUNICIPALITIES, PROGRAMMES, COHORTS, CONTACTS)
        ),
    ),
    blueprints=(
        calendar.bp,
        agenda.bp,
        planning.bp,
        days.bp,
        registrations.bp,
        results.bp,
        stories.bp,
        participants.bp,
        personal_data.bp,
        links.bp,
    ),
    policy=POLICY,
    problems=PROBLEMS,
    words=WORDS,
    sentences=Path(__file__).parent / "de.po",
    migrations=Path(__file__).parent / "migrations",
    municipalities=municipalities,
    people=PEOPLE,
    holdings=HOLDINGS,
    links="registration",
    settings=MeetingSettings,
)
