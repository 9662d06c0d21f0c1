"""The open report: counted by the database as one would count by hand, and kept in mind only while it is right."""

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import select

from crm.accounts.models import Account
from crm.config import Settings
from crm.core.clock import FixedClock
from crm.core.ids import new_id
from crm.core.months import Month
from crm.db.store import Store
from crm.reports import service
from crm.reports.figures import Section, Tally
from crm.reports.service import Setting
from crm.territory.access import Confidential, Reach
from crm.territory.models import Kind, Place, Territory
from crm.visits import service as visits
from crm.visits.models import Met, Record, Support, Way
from crm.visits.service import RecordLog
from tests.world import District, Serve, World, build

APRIL, MAY = Month(2026, 4), Month(2026, 5)
SETTING = Setting("https://meguri.example.jp", sample=False)


def sections(world: World, month: Month = MAY) -> tuple[Section, ...]:
    with world.reading() as session:
        return service.draft(session, month, SETTING, now=world.clock.now()).sections


def total(world: World, month: Month = MAY) -> int:
    return sections(world, month)[0].lines[0].month.total


def totals(world: World, key: str) -> dict[str, int]:
    """This month's contacts by the lines of one table."""
    (found,) = [section for section in sections(world) if section.key == key]
    return {line.key: line.month.total for line in found.lines}


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """What is asked of the database inside, without what only begins and ends transactions."""
    seen: list[str] = []

    def note(*told: object) -> None:
        if not str(told[2]).startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")):
            seen.append(str(told[2]))

    event.listen(world.store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.store.engine, "before_cursor_execute", note)


def some_months(world: World, seed: int) -> None:
    """Records of two months, of every kind: some cancelled, some withdrawn, some that few may read."""
    dice = random.Random(seed)
    places = [world.district(f"末広{n}区", dice.choice(("一関", "大東"))) for n in range(4)]
    places += [world.place(Kind.COMMUNITY_CENTRE, "花泉市民センター", "花泉")]
    people = (world.worker, world.other_worker, world.manager)
    with world.writing(world.manager) as session:
        for _ in range(50):
            by, place, way = dice.choice(people), dice.choice(places), dice.choice(list(Way))
            met = dice.choice((Met.MET, Met.MET, Met.MET, Met.ABSENT, Met.CANCELLED))
            named = way in {Way.REGULAR, Way.EXTRA} or dice.random() < 0.5
            log = RecordLog(
                new_id(),
                date(2026, dice.choice((4, 5)), dice.randint(1, 28)),
                way,
                met,
                place_id=place.id if named else None,
                supports=frozenset(
                    one for one in Support if met is not Met.CANCELLED and dice.random() < 0.4
                ),
                heard="聞いたこと",
                confidential=dice.choice(list(Confidential)),
                apart=True,
            )
            visits.keep_record(session, log, by=by.id, today=world.clock.today(), now=world.clock.now())
            if dice.random() < 0.2:
                reach = Reach(by.id, by.role, frozenset())
                visits.withdraw_record(session, log.record_id, "まちがい", reach=reach, now=world.clock.now())


def by_hand(world: World, months: list[str]) -> dict[tuple[str, str], Tally]:
    """Every figure of these months, counted record by record."""
    found: dict[tuple[str, str], list[object]] = defaultdict(list)
    with world.reading() as session:
        towns = dict(session.exec(select(Territory.id, Territory.name)).all())
        kinds = dict(session.exec(select(Place.id, Place.kind)).all())
        for record in session.exec(select(Record)):
            if record.counted_in not in months or record.withdrawn_at or record.met is Met.CANCELLED:
                continue
            kind = str(kinds[record.place_id]) if record.place_id else "none"
            lines = [("all", "all"), ("met", record.met.value), ("way", record.way.value), ("kind", kind)]
            lines += [("territory", towns[record.territory_id] if record.territory_id else "none")]
            lines += [("worker", str(record.worker_id))]
            lines += [("support", one.value) for one in record.supports()] or [("support", "none")]
            for line in lines:
                found[line].append(record.place_id)
    return {line: Tally(len(ids), len({one for one in ids if one})) for line, ids in found.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_database_counts_as_one_counts_by_hand(world: World, seed: int) -> None:
    some_months(world, seed)
    month, year = by_hand(world, ["2026-05"]), by_hand(world, ["2026-04", "2026-05"])
    counted = {(section.key, line.key): line for section in sections(world) for line in section.lines}
    assert year.keys() <= counted.keys()
    for key, line in counted.items():
        assert line.month == month.get(key, Tally(0, 0)), key
        assert line.year == year.get(key, Tally(0, 0)), key
    assert 10 < month["all", "all"].total < 50


def test_the_year_counts_a_place_once_over_closed_and_open_months(world: World) -> None:
    some_months(world, 4)
    before = sections(world)
    with world.writing(world.manager) as session:
        service.close(
            session, APRIL, SETTING, by=world.manager.id, now=world.clock.now(), today=world.clock.today()
        )
    assert sections(world) == before


# ---- what is kept in mind


def corrected(world: World, record: Record, on: date) -> None:
    with world.writing(world.manager) as session:
        log = RecordLog(record.id, on, record.way, record.met, place_id=record.place_id, apart=True)
        reach = Reach(world.manager.id, world.manager.role, frozenset())
        visits.correct_record(session, log, rev=record.rev, reach=reach, today=world.clock.today())


def place(world: World) -> District:
    return world.district("末広区")


def test_what_was_counted_is_not_counted_again_until_a_record_of_the_month_changes(world: World) -> None:
    place(world).called_on("2026-05-11")
    assert total(world) == 1
    with statements(world) as seen:
        assert total(world) == 1
    assert not any("aggregate" in one or "count(" in one for one in seen)
    place(world).called_on("2026-06-11")  # another month's
    with statements(world) as seen:
        assert total(world) == 1
    assert not any("count(" in one for one in seen)
    place(world).called_on("2026-05-12")
    assert total(world) == 2


def test_a_record_moved_to_another_month_leaves_the_one_and_enters_the_other(world: World) -> None:
    visit = place(world).called_on("2026-05-11")
    assert (total(world, APRIL), total(world)) == (0, 1)
    corrected(world, visit.record, date(2026, 4, 30))
    assert (total(world, APRIL), total(world)) == (1, 0)


def test_a_withdrawn_record_is_forgotten_at_once(world: World) -> None:
    visit = place(world).called_on("2026-05-11")
    assert total(world) == 1
    with world.writing(world.manager) as session:
        reach = Reach(world.manager.id, world.manager.role, frozenset())
        visits.withdraw_record(session, visit.id, "まちがい", reach=reach, now=world.clock.now())
    assert total(world) == 0


def test_what_was_counted_before_a_rollback_is_not_kept_in_mind(world: World) -> None:
    town = place(world)
    log = RecordLog(new_id(), date(2026, 5, 11), Way.REGULAR, Met.MET, place_id=town.id, apart=True)
    worker, now = world.worker.id, world.clock.now()
    with world.store.write_session() as session:
        visits.keep_record(session, log, by=worker, today=world.clock.today(), now=now)
        assert service.draft(session, MAY, SETTING, now=now).sections[0].lines[0].month.total == 1
        session.rollback()
    assert total(world) == 0
    with world.writing(world.manager) as session:  # takes the numbers in the trail that were given back
        session.get_one(Account, world.worker.id).kana = "ちば"
    assert total(world) == 0


def test_many_changes_at_once_are_counted_anew(world: World) -> None:
    town = place(world)
    town.called_on("2026-05-11")
    assert total(world) == 1
    with world.writing(world.manager) as session:
        for number in range(600):
            session.get_one(Account, world.worker.id).kana = f"ちば{number}"
            session.flush()
    town.called_on("2026-05-12")
    assert total(world) == 2


def test_a_territory_that_was_renamed_is_counted_under_its_new_name_at_once(world: World) -> None:
    place(world).called_on("2026-05-11")
    assert totals(world, "territory")["一関"] == 1
    town = world.towns["一関"]
    told = {"code": "01", "name": "一関地域", "kana": "いちのせきちいき"}
    assert world.client(world.manager).post(f"/territories/{town.id}/correct", data=told).status_code == 303
    found = totals(world, "territory")
    assert found["一関地域"] == 1
    assert "一関" not in found


def test_a_closing_counts_for_itself_whatever_was_counted_before(world: World) -> None:
    place(world).called_on("2026-05-11")
    assert total(world) == 1
    with statements(world) as seen, world.reading() as session:
        service.count_for_closing(
            session, MAY, SETTING, by=world.manager.id, now=world.clock.now(), today=world.clock.today()
        )
    assert any("aggregate" in one or "group_concat" in one or "string_agg" in one for one in seen), seen


def test_a_copied_town_is_counted_apart_from_the_one_it_was_copied_from(
    sqlite_world: World, tmp_path: Path
) -> None:
    world, now = sqlite_world, sqlite_world.clock.now()
    town = place(world)
    assert world.store.path is not None
    with closing(sqlite3.connect(world.store.path)) as source:
        source.execute("VACUUM INTO ?", [str(tmp_path / "practice.sqlite3")])
    town.called_on("2026-05-11")
    assert total(world) == 1
    copy = Store(f"sqlite:///{tmp_path / 'practice.sqlite3'}")
    with copy.writing() as session:
        for number in range(30):  # its trail is now the longer one
            session.get_one(Account, world.worker.id).kana = f"ちば{number}"
            session.flush()
    with copy.reading() as session:
        made = service.draft(session, MAY, SETTING, now=now)
    copy.close()
    assert made.sections[0].lines[0].month.total == 0


def test_the_page_of_an_open_month_asks_little_of_the_database_and_reads_no_record(world: World) -> None:
    some_months(world, 5)
    with world.writing(world.manager) as session:
        service.close(
            session,
            APRIL,
            SETTING,
            by=world.manager.id,
            now=world.clock.now(),
            today=world.clock.today(),
        )
    client = world.client(world.reader)
    with statements(world) as seen:
        assert client.get("/reports/2026-05").status_code == 200
    assert len(seen) <= 13, seen
    assert not any("record.heard" in one or "record.id" in one for one in seen)


def test_counting_asks_by_the_index_of_months(
    serve: Serve, settings: Settings, sqlite_store: Store, clock: FixedClock
) -> None:
    world = build(serve(settings, sqlite_store, clock), sqlite_store, settings, clock)
    place(world).called_on("2026-05-11")
    with statements(world) as seen:
        total(world)
    (counting,) = [one for one in seen if "group_concat" in one]
    with sqlite_store.engine.connect() as connection:
        values = ("",) * counting.count("?")
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counting}", values).all()
    assert any("ix_record_counted_in" in row[3] for row in plan), plan
