"""The composition root: what the registry consists of, and who may call what."""

from pathlib import Path

from eventkit.auth.trust import Issuing
from eventkit.http.policy import NETWORK, PUBLIC, Policy, allow
from eventkit.service import Service
from registry.api import (
    clients,
    cohorts,
    contacts,
    erasures,
    imports,
    municipalities,
    organisations,
    participations,
    programmes,
    revocations,
    seats,
    secrets,
    tokens,
)
from registry.api.examples import WORDS
from registry.cli import COMMANDS
from registry.domain.client import CLIENT
from registry.domain.cohort import COHORT
from registry.domain.contact import CONTACT
from registry.domain.district import DISTRICT
from registry.domain.municipality import MUNICIPALITY
from registry.domain.organisation import ORGANISATION
from registry.domain.programme import PROGRAMME
from registry.domain.seat import SEAT
from registry.people import HOLDINGS, PEOPLE
from registry.problems import PROBLEMS
from registry.projection.clients import CLIENTS
from registry.projection.cohorts import COHORTS
from registry.projection.contacts import CONTACTS
from registry.projection.districts import DISTRICTS
from registry.projection.municipalities import MUNICIPALITIES
from registry.projection.municipalities import municipalities as municipalities_table
from registry.projection.organisations import ORGANISATIONS
from registry.projection.participations import PARTICIPATIONS
from registry.projection.programmes import PROGRAMMES
from registry.projection.seats import SEATS
from registry.signing_keys import generations, revoked

ORGANISER = allow("organiser")
MANAGES_CLIENTS = allow("operator", "organiser", "municipality", "district", scope="admin")
IMPORTERS = allow("organiser", "operator")
NAMES_CONTACTS = allow("organiser", "municipality", "district", scope="admin")
# Participants of a meeting have no business with the other contacts.
READS_CONTACTS = allow(
    "organiser",
    "operator",
    "service",
    "steering_group",
    "moderator",
    "municipality",
    "district",
)

POLICY: dict[str, Policy] = {
    "municipalities.list_municipalities": NETWORK,
    "municipalities.show_municipality": NETWORK,
    "municipalities.show_municipality_history": NETWORK,
    "districts.list_districts": NETWORK,
    "districts.show_district": NETWORK,
    "districts.show_district_history": NETWORK,
    "imports.preview_import": IMPORTERS,
    "imports.show_import": IMPORTERS,
    "imports.apply_import": IMPORTERS,
    "programmes.decide_programme": ORGANISER,
    "programmes.list_programmes": NETWORK,
    "programmes.show_programme": NETWORK,
    "programmes.show_programme_history": NETWORK,
    "cohorts.plan_cohort": ORGANISER,
    "cohorts.list_cohorts": NETWORK,
    "cohorts.show_cohort": NETWORK,
    "cohorts.show_cohort_history": NETWORK,
    "participations.accept_participation": ORGANISER,
    "participations.list_participations": NETWORK,
    "participations.show_participation": NETWORK,
    "participations.leave_cohort": ORGANISER,
    "organisations.register_organisation": ORGANISER,
    "organisations.list_organisations": NETWORK,
    "organisations.show_organisation": NETWORK,
    "organisations.show_organisation_history": NETWORK,
    "organisations.archive_organisation": ORGANISER,
    "contacts.appoint_contact": NAMES_CONTACTS,
    "contacts.list_contacts": READS_CONTACTS,
    "contacts.show_contact": READS_CONTACTS,
    "contacts.show_contact_history": READS_CONTACTS,
    "contacts.change_contact": NAMES_CONTACTS,
    "contacts.release_contact": NAMES_CONTACTS,
    "contacts.read_addresses": allow("service"),
    "contact_data.erase_contact": NAMES_CONTACTS,
    "contact_data.show_erasure": allow("organiser", "municipality", "district"),
    "contact_data.export_contact": NAMES_CONTACTS,
    "seats.create_seat": ORGANISER,
    "seats.list_seats": NETWORK,
    "seats.show_seat": NETWORK,
    "seats.show_seat_history": NETWORK,
    "seats.fill_seat": ORGANISER,
    "seats.vacate_seat": ORGANISER,
    "clients.register_client": MANAGES_CLIENTS,
    "clients.list_clients": MANAGES_CLIENTS,
    "clients.show_client": MANAGES_CLIENTS,
    "clients.show_client_history": MANAGES_CLIENTS,
    "clients.revoke_client": MANAGES_CLIENTS,
    "secrets.issue_secret": MANAGES_CLIENTS,
    "secrets.list_secrets": MANAGES_CLIENTS,
    "secrets.end_secret": MANAGES_CLIENTS,
    "tokens.issue_token": PUBLIC,
    "tokens.show_keys": PUBLIC,
    "revocations.list_revocations": allow("service"),
}

SERVICE = Service(
    name="registry",
    about="Who belongs to the network: municipalities and districts"
    ", programmes and cohorts, contacts and the steering group.",
    aggregates=(
        MUNICIPALITY,
        DISTRICT,
        PROGRAMME,
        COHORT,
        ORGANISATION,
        CONTACT,
        SEAT,
        CLIENT,
    ),
    read_models=(
        MUNICIPALITIES,
        DISTRICTS,
        PROGRAMMES,
        COHORTS,
        PARTICIPATIONS,
        ORGANISATIONS,
        CONTACTS,
        SEATS,
        CLIENTS,
    ),
    blueprints=(
        imports.bp,
        municipalities.bp,
        municipalities.districts_bp,
        programmes.bp,
        cohorts.bp,
        participations.bp,
        organisations.bp,
        contacts.bp,
        erasures.bp,
        seats.bp,
        clients.bp,
        secrets.bp,
        tokens.bp,
        revocations.bp,
    ),
    policy=POLICY,
    problems=PROBLEMS,
    words=WORDS,
    sentences=Path(__file__).parent / "de.po",
    migrations=Path(__file__).parent / "migrations",
    commands=COMMANDS,
    issues_tokens=True,
    issuing=Issuing(generations=generations, revoked=revoked),
    municipalities=municipalities_table,
    people=PEOPLE,
    holdings=HOLDINGS,
)
