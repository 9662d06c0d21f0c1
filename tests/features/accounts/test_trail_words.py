"""The page of the audit trail: in words, before and after, and nothing of what was blanked."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlmodel import col, update

from crm.accounts import trail_words
from crm.accounts.messages import ENTITY_NAMES
from crm.accounts.models import Account
from crm.core.months import Month
from crm.db.columns import metadata
from crm.db.tracked import AuditEntry, is_derived, tracked_tables
from crm.visits import plan_service as plans
from tests.markup import page_of
from tests.world import World

COLUMNS = [
    (table, column.name)
    for table in sorted(tracked_tables())
    for column in metadata.tables[table].columns
    if column.name != "id" and not is_derived(column)
]


def audit(world: World, query: str = "", *, by_administrator: bool = False) -> str:
    who = world.administrator if by_administrator else world.manager
    return page_of(world.client(who).get(f"/audit{query}").text).find("main").text


def test_every_tracked_column_has_a_word() -> None:
    bare = [
        f"{table}.{column}" for table, column in COLUMNS if trail_words.column_name(table, column) == column
    ]
    assert bare == []


def test_every_tracked_table_has_a_word() -> None:
    assert tracked_tables() - ENTITY_NAMES.keys() == set()


def test_every_choice_has_a_word(sqlite_world: World) -> None:
    choices = sqlite_world.app.extensions["crm.site"].sockets[trail_words.CHOICES]
    for table, column in COLUMNS:
        kind = metadata.tables[table].columns[column].type
        if isinstance(kind, sa.Enum):
            called = choices.get(f"{table}.{column}") or choices.get(column) or {}
            assert set(kind.enums) <= {str(value) for value in called}, f"{table}.{column}"


def test_a_change_is_told_as_before_and_after_in_words(world: World) -> None:
    world.client(world.manager).post(f"/accounts/{world.reader.id}/role", data={"role": "worker"})
    page = audit(world, f"?entity=account&id={world.reader.id}")
    assert "役割" in page
    assert "閲覧(報告書のみ)" in page
    assert "職員(訪問)" in page
    for raw in ("role", "made_at"):
        assert raw not in page


def test_a_row_that_is_referred_to_is_told_by_its_name_and_a_day_as_a_day(world: World) -> None:
    world.district("末広1区").called_on("2026-06-10", heard="雪の相談")
    page = audit(world, "?entity=record")
    assert "末広1区" in page
    assert "千葉 さくら" in page
    assert "令和8年6月10日" in page
    assert "雪の相談" in page


def test_a_personal_value_is_for_managers_only_and_the_page_says_so(world: World) -> None:
    address = f"?entity=account&id={world.worker.id}"
    with world.writing(world.manager) as session:
        session.get_one(Account, world.worker.id).kana = "チバ サクラコ"
    assert "チバ サクラコ" in audit(world, address)
    page = audit(world, address, by_administrator=True)
    assert "チバ サクラコ" not in page
    assert "個人の情報は、管理者だけが見られます。" in page


def test_who_may_not_see_records_and_plans_learns_from_the_trail_only_that_they_changed(world: World) -> None:
    place = world.district("末広1区")
    place.called_on("2026-06-10", heard="雪の相談")
    with world.writing(world.manager) as session:
        plans.add_call(
            session,
            Month(2026, 6),
            place.id,
            on=date(2026, 6, 30),
            worker_id=world.worker.id,
            now=world.clock.now(),
        )
    for entity in ("record", "call"):
        assert "末広1区" in audit(world, f"?entity={entity}")
        page = audit(world, f"?entity={entity}", by_administrator=True)
        assert "内容は、訪問と報告の仕事をする人だけが見られます。" in page
        assert "末広1区" not in page
        assert "令和8年6月10日" not in page
        assert "雪の相談" not in page


def test_a_value_that_was_blanked_is_told_as_blanked(world: World) -> None:
    world.district("末広1区").called_on("2026-06-10", heard="雪の相談")
    with world.store.writing() as session:
        session.execute(update(AuditEntry).where(col(AuditEntry.entity) == "record").values(personal=None))
    page = audit(world, "?entity=record")
    assert "雪の相談" not in page
    assert "個人の情報は、申し出により消されました。" in page


@pytest.mark.parametrize("query", ["?entity=gone", "?id=00000000-0000-4000-8000-000000000000"])
def test_what_has_no_entry_says_so(sqlite_world: World, query: str) -> None:
    assert "変更の記録はまだありません。" in audit(sqlite_world, query)
