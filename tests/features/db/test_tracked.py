"""The audit trail: every change leaves its before and after, personal values apart from the rest."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.accounts.models import Account, Organisation, SignIn, SignInAttempt
from crm.core.canonical import canonical_json, digest
from crm.core.ids import new_id
from crm.db.columns import PERSONAL, metadata
from crm.db.store import Store
from crm.db.tracked import (
    Action,
    AuditEntry,
    Author,
    BulkInsert,
    BulkStatementRefused,
    Via,
    tracked_tables,
)
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.territory.rules import Facts
from crm.web.access import Role

NOW = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)


def account(**other: Any) -> Account:
    facts = {"name": "千葉 さくら", "mail": "sakura@example.jp", "role": Role.WORKER, "made_at": NOW}
    return Account(**{**facts, **other})


def trail(store: Store) -> list[AuditEntry]:
    with store.reading() as session:
        return list(session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all())


def kept_organisation(store: Store) -> UUID:
    with store.writing() as session:
        row = Organisation(name="まちの支援室", city_name="一関市")
        session.add(row)
        return row.id


def test_a_new_row_leaves_what_it_holds(store: Store) -> None:
    row_id = kept_organisation(store)
    (entry,) = trail(store)
    assert (entry.entity, entry.entity_id, entry.action) == ("organisation", row_id, Action.CREATE)
    assert entry.facts is not None
    assert entry.facts["name"] == [None, "まちの支援室"]
    assert entry.facts["city_name"] == [None, "一関市"]


def test_a_change_leaves_before_and_after_of_what_changed_and_nothing_else(store: Store) -> None:
    row_id = kept_organisation(store)
    with store.writing() as session:
        row = session.get_one(Organisation, row_id)
        row.name, row.phone = "まち支援センター", row.phone
    _made, entry = trail(store)
    assert entry.action is Action.CHANGE
    assert entry.facts == {"name": ["まちの支援室", "まち支援センター"]}


def test_a_removed_row_leaves_what_it_held(store: Store) -> None:
    row_id = kept_organisation(store)
    with store.writing() as session:
        session.delete(session.get_one(Organisation, row_id))
    _made, entry = trail(store)
    assert entry.action is Action.REMOVE
    assert entry.facts is not None
    assert entry.facts["name"] == ["まちの支援室", None]


def test_what_stood_before_is_known_even_where_it_had_not_been_read(store: Store) -> None:
    row_id = kept_organisation(store)
    with store.writing() as session:
        row = session.get_one(Organisation, row_id)
        session.expire(row)
        row.name = "まち支援センター"
    assert trail(store)[-1].facts == {"name": ["まちの支援室", "まち支援センター"]}


def test_saving_what_is_already_there_leaves_nothing(store: Store) -> None:
    row_id = kept_organisation(store)
    with store.writing() as session:
        row = session.get_one(Organisation, row_id)
        row.name, row.city_name = "まちの支援室", "一関市"
    assert len(trail(store)) == 1


def test_several_changes_in_one_transaction_leave_each_step(store: Store) -> None:
    row_id = kept_organisation(store)
    with store.writing() as session:
        row = session.get_one(Organisation, row_id)
        row.phone = "0191-00-0001"
        session.flush()
        row.phone = "0191-00-0002"
    steps = [entry.facts for entry in trail(store)[1:]]
    assert steps == [{"phone": ["", "0191-00-0001"]}, {"phone": ["0191-00-0001", "0191-00-0002"]}]


def test_the_trail_says_who_by_which_way_and_what_belongs_together(store: Store) -> None:
    who = new_id()
    author = Author(who, Via.PAGE)
    with store.writing(author) as session:
        session.add(Organisation(name="まちの支援室"))
        session.add(Territory(code="01", name="一関"))
    entries = trail(store)
    assert {(e.account_id, e.via, e.act) for e in entries} == {(who, Via.PAGE, author.act)}
    with store.writing() as session:
        session.add(Territory(code="02", name="花泉"))
    last = trail(store)[-1]
    assert last.account_id is None
    assert last.via is Via.COMMAND
    assert last.act != author.act


def test_what_is_rolled_back_leaves_no_trail(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as session:
        session.add(Organisation(name="まちの支援室"))
        session.flush()
        raise RuntimeError
    assert trail(store) == []


def test_personal_values_stand_apart_from_the_rest(store: Store) -> None:
    with store.writing() as session:
        session.add(account(kana="ちば さくら"))
    (entry,) = trail(store)
    assert entry.facts is not None
    assert entry.personal is not None
    assert entry.personal["mail"] == [None, "sakura@example.jp"]
    assert entry.personal["kana"] == [None, "ちば さくら"]
    assert entry.facts["role"] == [None, "worker"]
    assert "千葉" not in canonical_json(entry.facts)
    assert "example.jp" not in canonical_json(entry.facts)


def test_personal_values_can_be_blanked_and_the_rest_of_the_trail_stays_provable(store: Store) -> None:
    with store.writing() as session:
        session.add(account())
    (before,) = trail(store)
    with store.writing() as session:
        entry = session.get_one(AuditEntry, before.id)
        entry.personal = None
    (after,) = trail(store)
    assert after.personal is None
    assert after.facts == before.facts
    assert after.personal_digest == before.personal_digest
    # Whoever still holds what was blanked (a backup) can show that it stood here, and that nothing else did.
    assert before.personal is not None
    assert digest(canonical_json(before.personal)) == after.personal_digest
    altered = {**before.personal, "mail": [None, "other@example.jp"]}
    assert digest(canonical_json(altered)) != after.personal_digest


def test_a_blanked_name_cannot_be_found_again_by_trying_names(store: Store) -> None:
    with store.writing() as session:
        session.add(account())
        session.add(account(mail="other@example.jp"))
    first, second = (entry.personal for entry in trail(store))
    assert first is not None
    assert second is not None
    bare = {name: pair for name, pair in first.items() if not name.startswith("_")}
    assert digest(canonical_json(bare)) != trail(store)[0].personal_digest
    assert first["_salt"] != second["_salt"]


def test_a_change_without_personal_values_holds_no_personal_part(store: Store) -> None:
    with store.writing() as session:
        row = account()
        session.add(row)
        row_id = row.id
    with store.writing() as session:
        session.get_one(Account, row_id).role = Role.EDITOR
    entry = trail(store)[-1]
    assert entry.facts == {"role": ["worker", "editor"]}
    assert entry.personal is None
    assert entry.personal_digest is None


def test_tables_that_are_not_tracked_leave_no_trail(store: Store) -> None:
    with store.writing() as session:
        person = account()
        session.add(person)
        session.flush()
        device = SignIn(
            id=new_id(), account_id=person.id, device="iPad", address="", made_at=NOW, seen_at=NOW
        )
        session.add(device)
    assert {entry.entity for entry in trail(store)} == {"account"}


def _update(session: Session) -> None:
    session.execute(sa.update(Organisation).values(name="x"))


def _update_of_table(session: Session) -> None:
    session.execute(sa.update(metadata.tables["organisation"]).values(name="x"))


def _delete(session: Session) -> None:
    session.execute(sa.delete(Organisation))


def _insert(session: Session) -> None:
    session.execute(sa.insert(Organisation), [{"name": "x", "id": new_id()}])


@pytest.mark.parametrize(
    "statement",
    [_update, _update_of_table, _delete, _insert],
    ids=lambda one: one.__name__.strip("_"),
)
def test_a_bulk_statement_on_a_tracked_table_is_refused(
    store: Store, statement: Callable[[Session], None]
) -> None:
    kept_organisation(store)
    with pytest.raises(BulkStatementRefused), store.writing() as session:
        statement(session)
    with store.reading() as session:
        assert session.exec(select(Organisation.name)).all() == ["まちの支援室"]
    assert len(trail(store)) == 1


def test_a_bulk_statement_on_a_table_that_is_not_tracked_passes(store: Store) -> None:
    with store.writing() as session:
        session.add(SignInAttempt(at=datetime.now(UTC), mail_key="k", address="192.0.2.7"))
    with store.writing() as session:
        session.execute(sa.delete(SignInAttempt))
    with store.reading() as session:
        assert session.exec(select(SignInAttempt)).all() == []
    assert trail(store) == []


def test_many_new_rows_at_once_leave_a_trail_of_each(store: Store) -> None:
    with store.writing() as session:
        town = Territory(code="01", name="一関")
        session.add(town)
        session.flush()
        town_id = town.id
    author = Author(new_id(), Via.JOB)
    places = [
        {
            "id": new_id(),
            "kind": Kind.DISTRICT,
            "source_key": f"K{n}",
            "opened_on": date(2024, 4, 1),
            "closed_on": None,
        }
        for n in range(3)
    ]
    facts = [
        {
            "id": new_id(),
            "place_id": place["id"],
            "kind": Kind.DISTRICT,
            "from_on": date(2024, 4, 1),
            **Facts(name="末広区", territory_id=town_id, code=str(place["source_key"])).columns(),
        }
        for place in places
    ]
    prepared = [BulkInsert.prepare(Place, places, author), BulkInsert.prepare(PlaceFacts, facts, author)]
    with store.writing(author) as session:
        for one in prepared:
            one.run(session)
    with store.reading() as session:
        assert {row.source_key for row in session.exec(select(Place))} == {"K0", "K1", "K2"}
    entries = [entry for entry in trail(store) if entry.entity == "place"]
    assert {entry.entity_id for entry in entries} == {place["id"] for place in places}
    assert entries[0].facts == {
        "kind": [None, "district"],
        "source_key": [None, "K0"],
        "opened_on": [None, "2024-04-01"],
    }
    assert {(e.account_id, e.via, e.act, e.action) for e in entries} == {
        (author.account_id, Via.JOB, author.act, Action.CREATE)
    }


def test_many_new_rows_say_in_the_trail_what_the_same_rows_one_by_one_say(store: Store) -> None:
    one = account()
    with store.writing() as session:
        session.add(one)
        session.flush()
        values = {c.name: getattr(one, c.name) for c in Account.__table__.columns}  # type: ignore[attr-defined]
    author = Author.system()
    other = {**values, "id": new_id(), "mail": "other@example.jp"}
    with store.writing(author) as session:
        BulkInsert.prepare(Account, [other], author).run(session)
    by_one, at_once = trail(store)
    assert by_one.facts == at_once.facts
    assert by_one.personal is not None
    assert at_once.personal is not None
    assert by_one.personal.keys() == at_once.personal.keys()
    assert at_once.personal_digest == digest(canonical_json(at_once.personal))


def test_no_tracked_row_is_removed_behind_the_trails_back() -> None:
    removed_by_database = [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.ondelete and table.name in tracked_tables()
    ]
    assert removed_by_database == []


def test_names_and_addresses_of_people_are_marked_as_personal() -> None:
    marked = {c.name for c in Account.__table__.columns if c.info.get(PERSONAL)}  # type: ignore[attr-defined]
    assert marked == {"name", "kana", "mail"}
