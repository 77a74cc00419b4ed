"""Loads the register: directory, programme, cohorts, organisations, contacts and seats."""

from dataclasses import dataclass, field
from typing import Any

from loader.client import Api, Json
from loader.files import Files

PURPOSE = "Einladungen und Unterlagen zu Netzwerktreffen (Beispiel)"
IMPORTS = "/v1/municipalities/imports"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The ids that later steps refer to."""

    programme_id: str
    cohorts: dict[str, str] = field(default_factory=dict)


def load_register(registry: Api, files: Files) -> Loaded:
    load_directory(registry, files.directory())
    loaded = load_programme(registry, files.read("programme.json"))
    organisations = load_organisations(registry, files.read("organisations.json"))
    load_contacts(registry, files.read("contacts.json"), organisations)
    load_seats(registry, loaded, files.read("steering_group.json"), organisations)
    return loaded


def load_directory(registry: Api, text: bytes) -> None:
    preview = registry.upload(IMPORTS, text)
    news = _news(preview)
    if news:
        registry.post(f"{preview['location']}/apply")
    tell("municipalities and districts", news)


def load_programme(registry: Api, wanted: Json) -> Loaded:
    known = registry.find("/v1/programmes", title=wanted["programme"]["title"])
    programme_id = (
        known["programme_id"]
        if known
        else registry.create("/v1/programmes", wanted["programme"])["id"]
    )
    tell("programmes", 0 if known else 1)
    loaded = Loaded(programme_id=programme_id)
    for cohort in wanted["cohorts"]:
        loaded.cohorts[cohort["label"]] = _cohort(registry, loaded, cohort)
        _participants(registry, loaded.cohorts[cohort["label"]], cohort)
    return loaded


def load_organisations(registry: Api, wanted: list[Json]) -> dict[str, str]:
    """The ids of the organisations by name."""
    known = {item["name"]: item["organisation_id"] for item in registry.items("/v1/organisations")}
    missing = [body for body in wanted if body["name"] not in known]
    for body in missing:
        known[body["name"]] = registry.create("/v1/organisations", body)["id"]
    tell("organisations", len(missing))
    return known


def load_contacts(registry: Api, wanted: list[Json], organisations: dict[str, str]) -> None:
    known = {_identity(item): item["contact_id"] for item in registry.items("/v1/contacts")}
    bodies = [_contact(entry, _party(entry["party"], organisations)) for entry in wanted]
    missing = [body for body in bodies if _identity(body) not in known]
    for body in missing:
        registry.create("/v1/contacts", body)
    tell("contacts", len(missing))


def load_seats(
    registry: Api, loaded: Loaded, wanted: list[Json], organisations: dict[str, str]
) -> None:
    path = f"/v1/programmes/{loaded.programme_id}/seats"
    known = {item["role"]: item for item in registry.items(path)}
    for seat in wanted:
        organisation_id = organisations[seat["organisation"]]
        contact_id = _holder(registry, seat["contact"], organisation_id)
        present = known.get(seat["role"])
        if present is None:
            body = {"organisation_id": organisation_id, "role": seat["role"]}
            present = {"seat_id": registry.create(path, body)["id"], "contact_id": None}
        if present["contact_id"] is None:
            _fill(registry, present["seat_id"], contact_id)
    tell("seats of the steering group", len(wanted) - len(known))


def tell(what: str, news: int) -> None:
    """One line of progress."""
    print(f"    {what}: {f'{news} new' if news else 'nothing new'}", flush=True)


def _news(preview: Json) -> int:
    kinds = (preview["municipalities"], preview["districts"])
    return sum(kind["new"] + kind["changed"] + kind["gone"] for kind in kinds)


def _cohort(registry: Api, loaded: Loaded, wanted: Json) -> str:
    path = f"/v1/programmes/{loaded.programme_id}/cohorts"
    if known := registry.find(path, label=wanted["label"]):
        return str(known["cohort_id"])
    body = {
        name: value for name, value in wanted.items() if name not in ("participants", "predecessor")
    }
    if predecessor := wanted.get("predecessor"):
        body["predecessor_id"] = loaded.cohorts[predecessor]
    return str(registry.create(path, body)["id"])


def _participants(registry: Api, cohort_id: str, wanted: Json) -> None:
    path = f"/v1/cohorts/{cohort_id}/participations"
    known = [item["party"] for item in registry.items(path)]
    missing = [party for party in wanted["participants"] if party not in known]
    for party in missing:
        registry.create(path, {"party": party})
    tell(f"participants of {wanted['label']}", len(missing))


def _holder(registry: Api, wanted: Json, organisation_id: str) -> str:
    party = {"kind": "organisation", "key": organisation_id}
    known = registry.find("/v1/contacts", party=party, role=wanted["role"], active=True)
    if known:
        return str(known["contact_id"])
    return str(registry.create("/v1/contacts", _contact(wanted, party))["id"])


def _fill(registry: Api, seat_id: str, contact_id: str) -> None:
    seat = f"/v1/seats/{seat_id}"
    registry.change("POST", f"{seat}/appointment", {"contact_id": contact_id}, of=seat)


def _contact(wanted: Json, party: Json) -> Json:
    body = {"party": party, "role": wanted["role"], "purpose": PURPOSE}
    return body | {name: wanted[name] for name in ("email",) if name in wanted}


def _party(named: Json, organisations: dict[str, str]) -> Json:
    if "name" in named:
        return {"kind": named["kind"], "key": organisations[named["name"]]}
    return named


def _identity(contact: Json) -> tuple[Any, ...]:
    return contact["party"]["kind"], contact["party"]["key"], contact["role"]
