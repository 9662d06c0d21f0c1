"""Imports: what a file says is compared with what is known, shown, and taken in whole or not at all."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, func, select

from crm.core.problems import Conflict, Problem
from crm.db.tracked import Action
from crm.territory import queries, service
from crm.territory.imports.kinds import ImportKind
from crm.territory.imports.preview import PIECE, RowPreview, Verdict, page_of, written
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.territory.queries import COUNTED, PAGE_ROWS, PlaceFilter
from tests.features.territory.files import DAY, Desk, as_csv, as_xlsx, changes, reasons, verdicts
from tests.world import World

HEADER = ["行政区コード", "旧市町村", "区名", "ふりがな", "世帯数", "人口"]
FIRST = ["0301", "一関", "末広1区", "すえひろいっく", "120", "310"]
SECOND = ["0302", "花泉", "末広2区", "すえひろにく", "", ""]


def names(world: World, on: date = DAY) -> list[str]:
    with world.reading() as session:
        return [row.name for row in queries.place_page(session, on, PlaceFilter()).rows]


def facts(world: World, code: str) -> list[PlaceFacts]:
    with world.reading() as session:
        wanted = select(PlaceFacts).where(PlaceFacts.code == code).order_by(col(PlaceFacts.from_on))
        return list(session.exec(wanted))


def rows_in_all(world: World) -> tuple[int, int, int]:
    with world.reading() as session:
        place, said, town = (
            session.exec(select(func.count()).select_from(model)).one()
            for model in (Place, PlaceFacts, Territory)
        )
        return place, said, town


# ---- new, changed, unchanged


def test_new_rows_are_opened_on_the_day_with_all_they_say(desk: Desk) -> None:
    outcome = desk.take([HEADER, FIRST, SECOND])
    assert outcome.summary.counts == {"error": 0, "changed": 0, "new": 2, "unchanged": 0}
    (row,) = facts(desk.world, "0301")
    assert (row.name, row.kana, row.households, row.population) == ("末広1区", "すえひろいっく", 120, 310)
    assert (row.from_on, row.to_on, row.kind) == (DAY, None, Kind.DISTRICT)
    assert facts(desk.world, "0302")[0].households is None
    assert names(desk.world, date(2026, 5, 31)) == []


def test_a_changed_row_tells_from_what_to_what_and_holds_from_the_day(desk: Desk) -> None:
    desk.take([HEADER, FIRST, SECOND])
    later = replace(desk, day=date(2027, 4, 1))
    changed = [HEADER, ["0301", "一関", "末広町1区", "すえひろいっく", "1,180", ""], SECOND]
    prepared = later.preview(changed)
    assert verdicts(prepared) == ["changed", "unchanged"]
    assert changes(prepared.rows[0]) == {
        "name": ("末広1区", "末広町1区"),
        "households": ("120", "1180"),
        "population": ("310", ""),
    }
    assert prepared.summary.blanked == 1
    later.take(changed)
    before, after = facts(desk.world, "0301")
    assert (before.name, before.from_on, before.to_on) == ("末広1区", DAY, date(2027, 4, 1))
    assert (after.name, after.from_on, after.to_on) == ("末広町1区", date(2027, 4, 1), None)
    assert names(desk.world, date(2027, 3, 31)) == ["末広1区", "末広2区"]


def test_a_file_taken_in_a_second_time_changes_nothing(desk: Desk) -> None:
    desk.take([HEADER, FIRST, SECOND])
    before, trail = rows_in_all(desk.world), len(desk.world.trail())
    outcome = desk.take([HEADER, FIRST, SECOND])
    assert outcome.summary.counts["unchanged"] == 2
    assert outcome.summary.changes_nothing
    assert (rows_in_all(desk.world), len(desk.world.trail())) == (before, trail)


def test_a_change_for_the_day_on_which_the_facts_began_corrects_them(desk: Desk) -> None:
    desk.take([HEADER, FIRST])
    desk.take([HEADER, ["0301", "一関", "末広1区", "すえひろいっく", "121", "310"]])
    (row,) = facts(desk.world, "0301")
    assert (row.households, row.from_on) == (121, DAY)


def test_rows_taken_in_leave_the_same_trail_as_rows_changed_by_hand(desk: Desk) -> None:
    desk.take([HEADER, FIRST])
    later = replace(desk, day=date(2027, 4, 1))
    place = facts(desk.world, "0301")[0].place_id
    with desk.world.writing(desk.world.manager) as session:
        said = service.facts_of(service.latest_facts(session, place))
        service.change_place(session, place, replace(said, households=99), on=date(2026, 8, 1))
    later.take([HEADER, ["0301", "一関", "末広1区", "すえひろいっく", "98", "310"]])
    trail = desk.world.trail("place_facts")
    by_hand_close, by_hand_open, by_file_close, by_file_open = trail[-4:]
    assert by_hand_close.action is by_file_close.action is Action.CHANGE
    assert by_hand_close.facts == {"to_on": [None, "2026-08-01"]}
    assert by_file_close.facts == {"to_on": [None, "2027-04-01"]}
    assert by_hand_open.facts is not None
    assert by_file_open.facts is not None
    assert by_hand_open.facts.keys() == by_file_open.facts.keys()
    assert by_file_open.facts["households"] == [None, 98]
    assert "search_key" not in by_file_open.facts


def test_columns_that_the_file_has_not_stay_as_they_are(desk: Desk) -> None:
    desk.take([HEADER, FIRST])
    prepared = desk.preview([["コード", "名称", "人口"], ["0301", "末広1区", "300"]])
    assert changes(prepared.rows[0]) == {"population": ("310", "300")}


def test_places_that_the_file_does_not_name_stay_open_and_are_counted(desk: Desk) -> None:
    desk.take([HEADER, FIRST, SECOND])
    outcome = desk.take([HEADER, FIRST])
    assert outcome.summary.left == 1
    assert "末広2区" in names(desk.world)


def test_a_district_without_a_code_is_known_by_town_and_name_and_gets_its_code_later(desk: Desk) -> None:
    bare = [["地域", "行政区名", "世帯"], ["一関", "末広1区", "120"]]
    desk.take(bare)
    assert verdicts(desk.preview(bare)) == ["unchanged"]
    prepared = desk.preview([["コード", "地域", "行政区名"], ["0301", "一関", "末広1区"]])
    assert changes(prepared.rows[0]) == {"code": ("", "0301")}


def test_a_district_whose_code_changed_is_known_by_the_new_one(desk: Desk) -> None:
    desk.take([HEADER, FIRST])
    place = facts(desk.world, "0301")[0].place_id
    with desk.world.writing(desk.world.manager) as session:
        said = service.facts_of(service.latest_facts(session, place))
        service.change_place(session, place, replace(said, code="9301"), on=date(2026, 6, 10))
    later = replace(desk, day=date(2026, 6, 10))
    assert verdicts(later.preview([HEADER, ["9301", *FIRST[1:]]])) == ["unchanged"]


def test_centres_and_branches_are_found_by_name_or_code(desk: Desk) -> None:
    centre = desk.world.place(Kind.COMMUNITY_CENTRE, "山目市民センター", code="C01")
    desk.world.place(Kind.BRANCH_OFFICE, "花泉支所", "花泉")
    header = ["コード", "地域", "行政区名", "市民センター", "支所"]
    desk.take(
        [header, ["1", "一関", "上区", "山目市民センター", ""], ["2", "花泉", "下区", "C01", "花泉支所"]]
    )
    assert facts(desk.world, "1")[0].centre_id == facts(desk.world, "2")[0].centre_id == centre.id
    assert facts(desk.world, "2")[0].branch_id is not None
    prepared = desk.preview(
        [header, ["1", "一関", "上区", "", ""], ["3", "一関", "中区", "海市民センター", ""]]
    )
    assert changes(prepared.rows[0]) == {"centre": ("山目市民センター", "")}
    assert reasons(prepared.rows[1]) == [("centre", "hub_unknown")]


def test_two_centres_of_one_name_must_be_told_apart_by_code(desk: Desk) -> None:
    for town in ("一関", "花泉"):
        desk.world.place(Kind.COMMUNITY_CENTRE, "中央市民センター", town)
    prepared = desk.preview(
        [["コード", "地域", "行政区名", "市民センター"], ["1", "一関", "上区", "中央市民センター"]]
    )
    assert reasons(prepared.rows[0]) == [("centre", "hub_ambiguous")]


def test_facilities_of_all_kinds_come_in_one_file(desk: Desk) -> None:
    facilities = replace(desk, kind=ImportKind.FACILITIES)
    header = ["種別", "番号", "施設名", "旧市町村", "所在地", "指定管理者"]
    rows = [
        header,
        ["公民館", "C1", "山目市民センター", "一関", "山目1", "地域協働体"],
        ["支所", "B1", "花泉支所", "花泉", "", "市"],
        ["事務所", "", "千厩事務所", "千厩", "", ""],
    ]
    facilities.take(rows)
    assert [facts(desk.world, code)[0].kind for code in ("C1", "B1")] == [
        Kind.COMMUNITY_CENTRE,
        Kind.BRANCH_OFFICE,
    ]
    assert verdicts(facilities.preview(rows)) == ["unchanged"] * 3
    prepared = facilities.preview(
        [header, ["支所", "C1", "山目", "一関", "", ""], ["港", "X", "a", "一関", "", ""]]
    )
    assert reasons(prepared.rows[0]) == [("kind", "row_of_other_kind")]
    assert reasons(prepared.rows[1]) == [("kind", "facility_kind_unknown")]


# ---- errors: all or nothing


def test_one_wrong_row_keeps_the_whole_file_out(desk: Desk) -> None:
    before = rows_in_all(desk.world)
    with pytest.raises(Problem, match="import_has_errors"):
        desk.take([HEADER, FIRST, ["0302", "花泉", "末広2区", "", "たくさん", ""]])
    assert rows_in_all(desk.world) == before


@pytest.mark.parametrize(
    ("header", "row", "column", "code"),
    [
        ("世帯数", "百二十", "households", "count_unreadable"),
        ("世帯数", "-5", "households", "count_unreadable"),
        ("世帯数", "1.5", "households", "count_unreadable"),
        ("人口", "1,23", "population", "count_unreadable"),
        ("人口", "99999999", "population", "count_too_large"),
        ("緯度", "北のほう", "lat", "degrees_unreadable"),
        ("緯度", "141.1", "lat", "degrees_swapped"),
        ("経度", "12.5", "lon", "outside_japan"),
        ("緯度", "38.9", "lon", "position_half"),
        ("住所", "一関市\n山目", "address", "line_break_in_cell"),
        ("ふりがな", "あ" * 161, "kana", "cell_text_too_long"),
        ("市民センター", "海市民センター", "centre", "hub_unknown"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_column(
    sqlite_desk: Desk, header: str, row: str, column: str, code: str
) -> None:
    columns = ["コード", "地域", "行政区名", header]
    prepared = sqlite_desk.preview([columns, ["1", "一関", "上区", row], ["2", "一関", "下区", ""]])
    assert prepared.rows[0].number == 2
    assert (column, code) in reasons(prepared.rows[0])
    assert prepared.rows[1].verdict is Verdict.NEW


@pytest.mark.parametrize(
    ("written_as", "read_as"),
    [
        ("1,234", 1234),
        ("１２０", 120),
        ("120世帯", 120),
        (" 120 ", 120),
        ("120.0", 120),
        ("-", None),
        ("－", None),
    ],
)
def test_numbers_are_read_as_people_write_them(
    sqlite_desk: Desk, written_as: str, read_as: int | None
) -> None:
    sqlite_desk.take([HEADER[:5], ["1", "一関", "上区", "", written_as]])
    assert facts(sqlite_desk.world, "1")[0].households == read_as


def test_two_rows_about_the_same_place_name_each_other(desk: Desk) -> None:
    prepared = desk.preview([HEADER, FIRST, SECOND, ["0301", "花泉", "中央区", "", "", ""]])
    assert verdicts(prepared) == ["error", "new", "error"]
    assert prepared.rows[0].problems[0].facts == {"other": 4}
    assert prepared.rows[2].problems[0].facts == {"other": 2}


def test_an_unknown_territory_is_an_error_unless_it_shall_be_created(desk: Desk) -> None:
    rows = [
        HEADER,
        ["1", "胆沢", "上区", "", "", ""],
        ["2", "江刺", "下区", "", "", ""],
        ["3", "胆沢", "中区", "", "", ""],
    ]
    assert reasons(desk.preview(rows).rows[0]) == [("territory", "territory_unknown")]
    creating = replace(desk, create_territories=True)
    assert creating.preview(rows).summary.territories == (("09", "胆沢"), ("10", "江刺"))
    creating.take(rows)
    with desk.world.reading() as session:
        assert [town.name for town in queries.territories(session)][-2:] == ["胆沢", "江刺"]
    created = [entry for entry in desk.world.trail("territory") if entry.account_id == desk.world.manager.id]
    assert len(created) == 2


def test_a_row_about_a_closed_place_is_an_error(desk: Desk) -> None:
    desk.take([HEADER, FIRST])
    place = facts(desk.world, "0301")[0].place_id
    with desk.world.writing(desk.world.manager) as session:
        service.close_place(session, place, on=date(2026, 6, 10))
    later = replace(desk, day=date(2026, 6, 12))
    prepared = later.preview([HEADER, FIRST])
    assert reasons(prepared.rows[0]) == [(None, "row_of_closed_place")]
    assert prepared.rows[0].problems[0].facts["closed_on"] == date(2026, 6, 10)


def test_a_day_before_what_is_known_is_an_error_of_the_rows_that_would_change(desk: Desk) -> None:
    desk.take([HEADER, FIRST, SECOND])
    earlier = replace(desk, day=date(2026, 5, 1))
    prepared = earlier.preview([HEADER, ["0301", "一関", "末広1区", "すえひろいっく", "121", "310"], SECOND])
    assert reasons(prepared.rows[0]) == [(None, "row_before_opening")]
    assert prepared.rows[1].verdict is Verdict.UNCHANGED


def test_a_row_without_a_name_is_an_error(sqlite_desk: Desk) -> None:
    prepared = sqlite_desk.preview([HEADER, ["0301", "一関", "", "", "5", ""]])
    assert reasons(prepared.rows[0]) == [("name", "name_missing")]


def test_a_new_row_without_a_territory_is_an_error(sqlite_desk: Desk) -> None:
    prepared = sqlite_desk.preview([HEADER, ["0301", "", "上区", "", "", ""], ["", "", "下区", "", "", ""]])
    assert reasons(prepared.rows[0]) == [("territory", "territory_needed")]
    assert reasons(prepared.rows[1]) == [("territory", "code_or_territory_needed")]


def test_a_file_with_nothing_but_its_header_is_refused(sqlite_desk: Desk) -> None:
    with pytest.raises(Problem, match="no_rows"):
        sqlite_desk.preview([HEADER])


# ---- between looking and doing


def test_what_was_agreed_to_is_not_done_when_it_would_be_something_else_now(desk: Desk) -> None:
    desk.take([HEADER, FIRST])
    changed = [HEADER, ["0301", "一関", "末広1区", "すえひろいっく", "121", "310"]]
    agreed = desk.preview(changed).summary.digest
    desk.take([HEADER, ["0301", "一関", "末広1区", "すえひろいっく", "125", "310"]])
    with pytest.raises(Conflict, match="import_outdated"):
        desk.take(changed, agreed=agreed)
    assert facts(desk.world, "0301")[0].households == 125


def test_a_change_elsewhere_does_not_disturb_what_was_agreed_to(desk: Desk) -> None:
    agreed = desk.preview([HEADER, FIRST]).summary.digest
    desk.world.place(Kind.COMMUNITY_CENTRE, "山目市民センター")
    desk.take([HEADER, FIRST], agreed=agreed)
    assert "末広1区" in names(desk.world)


def test_taking_in_again_what_was_taken_in_is_no_error(desk: Desk) -> None:
    agreed = desk.preview([HEADER, FIRST]).summary.digest
    desk.take([HEADER, FIRST], agreed=agreed)
    again = desk.take([HEADER, FIRST], agreed=agreed)
    assert again.done_before


def test_a_change_made_while_the_rows_were_made_ready_is_not_written_over(desk: Desk) -> None:
    """Whoever is faster wins: the import looks again, inside the write lock, and prepares anew."""
    desk.take([HEADER, FIRST])
    place = facts(desk.world, "0301")[0].place_id
    touched: list[bool] = []

    def somebody_else() -> None:
        if not touched:
            touched.append(True)
            with desk.world.writing(desk.world.manager) as session:
                said = service.facts_of(service.latest_facts(session, place))
                service.change_place(session, place, replace(said, population=7), on=DAY)

    from_file = [["コード", "名称", "世帯"], ["0301", "末広1区", "121"]]
    desk.take(from_file, check=somebody_else)
    (row,) = facts(desk.world, "0301")
    assert (row.households, row.population) == (121, 7)


# ---- files as they come


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_csv_in_any_usual_encoding_says_the_same(sqlite_desk: Desk, encoding: str) -> None:
    sqlite_desk.take(as_csv([HEADER, FIRST], encoding))
    assert facts(sqlite_desk.world, "0301")[0].name == "末広1区"


def test_an_excel_file_says_the_same_as_the_csv(sqlite_desk: Desk) -> None:
    sqlite_desk.take([HEADER, FIRST, SECOND])
    numbers = ["0301", "一関", "末広1区", "すえひろいっく", 120, 310]
    prepared = sqlite_desk.preview(as_xlsx([["行政区の一覧"], [], HEADER, numbers, SECOND]))
    assert verdicts(prepared) == ["unchanged", "unchanged"]
    assert [row.number for row in prepared.rows] == [4, 5]


@pytest.mark.parametrize(
    "header",
    [
        ["行政区コード", "旧市町村", "行政区名", "フリガナ", "世帯数", "総人口"],
        ["番号", "地域", "名称", "読み方", "世帯", "人口"],
        ["code", "former_town", "name", "kana", "households", "population"],
        ["No.", "旧町村", "区の名前", "よみがな", "登録世帯", "人数"],
        ["ｺｰﾄﾞ", "地 域", "行政区", "ﾌﾘｶﾞﾅ", "世帯数", "人口"],
    ],
)
def test_headers_are_known_by_many_words(sqlite_desk: Desk, header: list[str]) -> None:
    sqlite_desk.take([header, FIRST])
    (row,) = facts(sqlite_desk.world, "0301")
    assert (row.name, row.kana, row.households, row.population) == ("末広1区", "すえひろいっく", 120, 310)


# ---- the file of a preview


def test_a_long_preview_is_read_page_by_page(tmp_path: Path) -> None:
    rows = [
        RowPreview(number, Verdict.NEW if number % 3 else Verdict.ERROR, f"{number}区")
        for number in range(1, 3 * PIECE + 1)
    ]
    path = tmp_path / "rows"
    path.write_bytes(written(rows).read())
    new = [row.number for page in range(1, 4) for row in page_of(path, Verdict.NEW, page)]
    assert new == [row.number for row in rows if row.verdict is Verdict.NEW]
    assert [row.number for row in page_of(path, Verdict.ERROR, 1)] == list(range(3, 3 * PIECE + 1, 3))
    assert page_of(path, Verdict.ERROR, 2) == page_of(path, Verdict.CHANGED, 1) == []


def test_what_a_preview_says_of_a_row_survives_its_file() -> None:
    problem = Problem("row_of_closed_place", field="code", name="末広区", closed_on=date(2026, 6, 10))
    row = RowPreview(7, Verdict.ERROR, "一関 末広区", (), (problem,))
    (again,) = RowPreview.of_json(row.as_json()).problems
    assert (again.code, again.field, again.facts) == (problem.code, problem.field, problem.facts)


# ---- looking for places in a long list


def test_a_search_that_finds_few_or_many_is_paged_alike(desk: Desk) -> None:
    rows = [[f"{n:05}", "一関", f"山目{n}区", f"やまのめ{n}く", "", ""] for n in range(1, COUNTED + 61)]
    desk.take([HEADER, *rows, ["9", "花泉", "黄海区", "きのみく", "", ""]])
    with desk.world.reading() as session:

        def page(words: str, *, after: UUID | None = None, before: UUID | None = None) -> queries.PlacePage:
            return queries.place_page(session, DAY, PlaceFilter(words=words), after=after, before=before)

        few = page("きのみ")
        assert ([row.name for row in few.rows], few.total, few.counted_all) == (["黄海区"], 1, True)
        assert (few.previous, few.next) == (None, None)
        for words, total, all_of_them in (
            ("山目", COUNTED, False),
            ("山目 11", 20, True),
            ("01 山目", None, True),
        ):
            first = page(words)
            assert first.total == (total or first.total)
            assert first.counted_all is all_of_them
            seen, at = [row.name for row in first.rows], first
            assert at.previous is None
            while at.next is not None and len(seen) < 3 * PAGE_ROWS:
                at = page(words, after=at.next)
                seen += [row.name for row in at.rows]
            assert len(seen) == len(set(seen))
            assert seen == sorted(seen, key=lambda name: int(name.removeprefix("山目").removesuffix("区")))
            if at is not first:
                back = page(words, before=at.previous)
                assert back.rows[-1].name == seen[-len(at.rows) - 1]
                assert back.next == back.rows[-1].id
