"""Which backups fit together and are the newest that do."""

from pathlib import Path

from tests.integration.local.site import OWNERS, SERVICES, Site


def backed_up(folder: Path, kind: str, services: tuple[str, ...], stamp: str) -> set[Path]:
    folder.mkdir(exist_ok=True)
    made = {folder / f"{service}.{kind}.{stamp}" for service in services}
    for path in made:
        path.touch()
        Path(f"{path}.info").touch()
    return made


def test_the_newest_set_is_of_one_run_with_its_keys_and_all_witnesses(site: Site) -> None:
    events, keys = site.folder / "events", site.folder / "keys"
    backed_up(events, "events", SERVICES, "20260101T021500Z")
    wanted = backed_up(events, "events", SERVICES, "20260102T021500Z")
    wanted |= backed_up(keys, "keys", SERVICES, "20260102T021900Z")
    wanted |= set(site.copy()) | set(site.copies.glob("*.heads.*Z"))
    wanted |= set(site.copies.glob("meetings.journal.*Z"))
    backed_up(events, "events", ("notifications", "meetings"), "20260103T021500Z")
    backed_up(keys, "keys", ("notifications",), "20260103T021900Z")
    told = site.run("newest", events, keys, site.copies)
    assert told.returncode == 0, told.stderr
    assert {Path(line) for line in told.stdout.splitlines()} == wanted


def test_events_without_keys_from_after_them_are_passed_over_and_named(site: Site) -> None:
    events, keys = site.folder / "events", site.folder / "keys"
    backed_up(events, "events", SERVICES, "20260101T021500Z")
    backed_up(keys, "keys", SERVICES, "20260101T021900Z")
    backed_up(events, "events", SERVICES, "20260102T021500Z")
    told = site.run("newest", events, keys, site.copies)
    assert told.returncode == 0
    assert "20260102T021500Z" not in told.stdout
    assert "20260102T021500Z" in told.stderr


def test_without_a_whole_run_there_is_nothing_to_restore(site: Site) -> None:
    events = site.folder / "events"
    backed_up(events, "events", OWNERS, "20260101T021500Z")
    told = site.run("newest", events, events, site.copies)
    assert (told.returncode, told.stdout) == (1, "")


def test_keys_that_were_taken_while_the_events_still_came_do_not_fit_them(site: Site) -> None:
    events, keys = site.folder / "events", site.folder / "keys"
    for path in backed_up(events, "events", SERVICES, "20260101T021500Z"):
        Path(f"{path}.info").write_text("kept_at=20260101T022500Z\n", "utf-8")
    backed_up(keys, "keys", SERVICES, "20260101T021900Z")
    told = site.run("newest", events, keys, site.copies)
    assert (told.returncode, told.stdout) == (1, "")
    assert "no run with keys from after it" in told.stderr
    later = backed_up(keys, "keys", SERVICES, "20260101T022500Z")
    told = site.run("newest", events, keys, site.copies)
    assert told.returncode == 0
    assert {str(path) for path in later} <= set(told.stdout.splitlines())
