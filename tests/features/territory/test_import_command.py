"""The command `crm import`, on the real list of the town and on files that are wrong."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.store import Store
from crm.territory import queries
from crm.territory.imports import run_import
from crm.territory.models import Kind, Place, PlaceFacts, Territory
from crm.territory.queries import PlaceFilter
from tests.features.territory.files import DAY, as_csv
from tests.world import Serve, World

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def fresh(serve: Serve, settings: Settings, store: Store, clock: FixedClock) -> Run:
    """`crm import` in an installation in which nothing is known yet, not even a former town."""
    app = serve(settings, store, clock)

    def run(
        kind: str, path: Path, *, day: date = DAY, dry_run: bool = False, create: bool = False
    ) -> tuple[int, str]:
        said: list[str] = []
        with app.test_request_context():
            status = run_import(
                store,
                settings,
                kind,
                path,
                day=day,
                dry_run=dry_run,
                create_territories=create,
                out=said.append,
            )
        return status, "\n".join(said)

    return run


def counted(store: Store) -> tuple[int, int, int]:
    with store.reading() as session:
        place, said, town = (
            session.exec(select(func.count()).select_from(model)).one()
            for model in (Place, PlaceFacts, Territory)
        )
        return place, said, town


def test_the_real_list_is_taken_in_by_a_newcomer(fresh: Run, store: Store, real_file: Path) -> None:
    status, said = fresh("places", real_file, create=True)
    assert status == 0
    assert "新規:370件" in said
    assert "新しく作る地域:01 一関、02 川崎、03 千厩、04 大東、05 花泉、06 東山、07 藤沢、08 室根" in said
    assert said.endswith("取り込みました。")
    assert counted(store) == (370, 370, 8)
    with store.reading() as session:
        towns = {town.name: town.id for town in queries.territories(session)}
        counts = queries.place_counts(session, DAY)
        assert counts[(towns["一関"], Kind.NEIGHBOURHOOD)] == 250
        assert counts[(towns["川崎"], Kind.NEIGHBOURHOOD)] == 2


def listed(store: Store) -> list[str]:
    with store.reading() as session:
        return [town.name for town in queries.territories(session)]


def test_new_territories_stand_in_the_order_in_which_the_file_first_names_them(
    fresh: Run, store: Store, tmp_path: Path
) -> None:
    towns = ["室根", "一関", "千厩", "室根", "川崎", "一関", "花泉"]
    path = tmp_path / "towns.csv"
    path.write_bytes(
        as_csv([["大字", "旧市町村"], *([f"{number}の字", town] for number, town in enumerate(towns))])
    )
    assert fresh("places", path, create=True)[0] == 0
    assert listed(store) == ["室根", "一関", "千厩", "川崎", "花泉"]


def test_the_territories_of_the_real_list_stand_in_its_own_order(
    fresh: Run, store: Store, real_file: Path
) -> None:
    with real_file.open(encoding="utf-8-sig", newline="") as file:
        named = [row["former_town"] for row in csv.DictReader(file)]
    fresh("places", real_file, create=True)
    assert listed(store) == list(dict.fromkeys(named))


def test_the_real_list_a_second_time_is_all_unchanged(fresh: Run, store: Store, real_file: Path) -> None:
    fresh("places", real_file, create=True)
    status, said = fresh("places", real_file)
    assert status == 0
    assert "変更なし:370件" in said
    assert "ファイルの内容は、すべて登録されています。" in said
    assert counted(store) == (370, 370, 8)


def test_every_row_of_the_real_list_is_there_as_it_was_written(
    fresh: Run, store: Store, real_file: Path
) -> None:
    fresh("places", real_file, create=True)
    with real_file.open(encoding="utf-8", newline="") as lines:
        wanted = {
            (
                row["town"] + row["koaza"],
                row["kana"],
                row["former_town"],
                float(row["lat"]),
                float(row["lon"]),
            )
            for row in csv.DictReader(lines)
        }
    with store.reading() as session:
        rows = session.exec(
            select(PlaceFacts, Territory.name).join(
                Territory, col(Territory.id) == col(PlaceFacts.territory_id)
            )
        )
        said = {(row.name, row.kana, town, row.lat, row.lon) for row, town in rows}
    assert said == wanted


def test_the_place_whose_kana_is_not_known_is_found_by_its_name_and_stands_last(
    fresh: Run, store: Store, real_file: Path
) -> None:
    fresh("places", real_file, create=True)
    with store.reading() as session:
        (found,) = queries.place_page(session, DAY, PlaceFilter(words="川辺")).rows
        assert found.kana == ""
        kana = session.exec(select(PlaceFacts.name).order_by(col(PlaceFacts.kana_order).desc())).first()
        assert kana == "川辺"


def test_places_of_one_town_name_are_told_apart_by_their_koaza(
    fresh: Run, store: Store, real_file: Path
) -> None:
    fresh("places", real_file, create=True)
    with store.reading() as session:
        found = queries.place_page(session, DAY, PlaceFilter(words="アコオギ"), rows=100).rows
        keys = session.exec(select(Place.source_key).where(col(Place.source_key).startswith("赤荻"))).all()
    assert len(found) == len(keys) == len(set(keys)) > 20
    assert {"赤荻", "赤荻/上台"} <= set(keys)


def test_a_dry_run_tells_the_same_and_changes_nothing(fresh: Run, store: Store, real_file: Path) -> None:
    status, said = fresh("places", real_file, dry_run=True, create=True)
    assert status == 0
    assert "新規:370件" in said
    assert said.endswith("試しに確かめただけで、何も変えていません。")
    assert counted(store) == (0, 0, 0)


def test_without_the_towns_the_real_list_is_refused_row_by_row(
    fresh: Run, store: Store, real_file: Path
) -> None:
    status, said = fresh("places", real_file)
    assert status == 1
    assert "エラー:370件" in said
    assert "2行目 エラー 一関 字下大槻街\n    地域:「一関」という地域はまだありません。" in said
    assert "--create-territories" in said
    assert counted(store) == (0, 0, 0)


def test_a_change_is_told_from_what_to_what(fresh: Run, tmp_path: Path) -> None:
    path = tmp_path / "districts.csv"
    header = ["コード", "地域", "行政区名", "人口", "備考"]
    path.write_bytes(as_csv([header, ["1", "一関", "上区", "300", "a"], ["2", "一関", "下区", "1", ""]]))
    fresh("districts", path, create=True)
    path.write_bytes(as_csv([header, ["1", "一関", "上町区", "287", "b"]]))
    status, said = fresh("districts", path, day=date(2026, 7, 1))
    assert status == 0
    assert "適用日:令和8年7月1日" in said
    assert "2行目 変更 一関 上町区 1\n    名前:上区 → 上町区\n    人口:300 → 287" in said
    assert "ファイルにない訪問先1件は、そのままにします。" in said
    assert "読まなかった列:備考。ここに書いてあることは登録しません。" in said


def test_a_file_that_cannot_be_read_ends_with_status_2_and_says_why(fresh: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv([["a", "b"], ["1", "2"]]))
    status, said = fresh("districts", path)
    assert status == 2
    assert "見出しの行が見つかりません" in said


def test_a_file_over_the_limit_ends_with_status_2(fresh: Run, tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"x" * (settings.upload_bytes + 1))
    status, said = fresh("districts", path)
    assert status == 2
    assert "大きすぎます" in said


def test_the_command_signs_for_what_it_changes(world: World, fresh: Run, tmp_path: Path) -> None:
    path = tmp_path / "districts.csv"
    path.write_bytes(as_csv([["コード", "地域", "行政区名"], ["1", "一関", "上区"]]))
    fresh("districts", path)
    newest = world.trail("place")[-1]
    assert (newest.via, newest.account_id) == ("command", None)
