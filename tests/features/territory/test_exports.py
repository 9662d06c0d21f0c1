"""What is exported has the shape of what is imported: taken in again, nothing changes."""

import csv
import io
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from sqlmodel import select

from crm.territory import service
from crm.territory.imports.kinds import ImportKind
from crm.territory.models import Kind, Place
from tests.features.territory.files import DAY, Desk
from tests.world import World


def fill(world: World) -> None:
    centre = world.place(
        Kind.COMMUNITY_CENTRE, "山目市民センター", kana="やまのめ", run_by="地域協働体", code="C01"
    )
    branch = world.place(Kind.BRANCH_OFFICE, "花泉支所", "花泉", address="花泉町1-2")
    world.place(Kind.OWN_OFFICE, "千厩事務所", "千厩")
    world.district("末広1区", code="0301", households=120, centre_id=centre.id, lat=38.932547, lon=141.139792)
    world.district(
        "髙﨑区", "花泉", code="0302", doors=0, population=1234, branch_id=branch.id, kana="たかさき"
    )
    world.district("=1+1", code="0303", address="+81 の\u3000家")


def download(world: World, shape: str, form: str, **address: str) -> bytes:
    answer = world.client(world.worker).get(f"/places/export/{shape}.{form}", query_string=address)
    assert answer.status_code == 200, answer.status
    return answer.get_data()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", [ImportKind.DISTRICTS, ImportKind.FACILITIES])
def test_what_was_exported_is_unchanged_when_it_is_taken_in_again(
    desk: Desk, kind: ImportKind, form: str
) -> None:
    fill(desk.world)
    content = download(desk.world, kind.value, form)
    summary = replace(desk, kind=kind).preview(content).summary
    assert summary.changes_nothing
    assert summary.counts == {"error": 0, "changed": 0, "new": 0, "unchanged": 3}
    assert summary.left == 0


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_neighbourhoods_go_out_and_come_in_with_their_koaza(places_desk: Desk, form: str) -> None:
    header = ["town", "kana", "former_town", "lat", "lon", "koaza"]
    places_desk.take(
        [
            header,
            ["赤荻", "アコオギ", "一関", "38.933711", "141.088192", "上台"],
            ["赤荻", "アコオギ", "一関", "38.93", "141.09", ""],
            ["川辺", "", "一関", "", "", ""],
        ]
    )
    content = download(places_desk.world, "places", form)
    assert places_desk.preview(content).summary.counts["unchanged"] == 3


def test_a_neighbourhood_that_was_renamed_by_hand_comes_in_as_the_same_one(places_desk: Desk) -> None:
    places_desk.take([["大字", "小字", "地域"], ["赤荻", "上台", "一関"]])
    with places_desk.world.writing(places_desk.world.manager) as session:
        place_id = session.exec(select(Place.id).where(Place.source_key == "赤荻/上台")).one()
        said = service.facts_of(service.latest_facts(session, place_id))
        service.change_place(session, place_id, replace(said, name="赤荻台"), on=date(2026, 6, 10))
    content = download(places_desk.world, "places", "csv")
    later = replace(places_desk, day=date(2026, 6, 15))
    assert later.preview(content).summary.counts["unchanged"] == 1


def test_an_export_is_as_of_its_day_and_narrowed_as_its_list(sqlite_world: World) -> None:
    fill(sqlite_world)
    old = sqlite_world.district("上区", "大東")
    sqlite_world.split(old, ["上1区", "上2区"], DAY)
    before = download(sqlite_world, "districts", "csv", on="2026-05-31", q="上")
    after = download(sqlite_world, "districts", "csv", territory=str(sqlite_world.towns["大東"].id))
    assert [row["行政区名"] for row in csv.DictReader(io.StringIO(before.decode("utf-8-sig")))] == ["上区"]
    assert len(list(csv.DictReader(io.StringIO(after.decode("utf-8-sig"))))) == 2
    centres = download(sqlite_world, "facilities", "csv", kind="community_centre")
    assert centres.decode("utf-8-sig").count("\r\n") == 2


def test_a_cell_that_looks_like_a_formula_is_harmless(sqlite_world: World) -> None:
    fill(sqlite_world)
    assert "\r\n0303,一関,'=1+1," in download(sqlite_world, "districts", "csv").decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(download(sqlite_world, "districts", "xlsx")))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_an_export_is_named_after_its_content_and_day(sqlite_world: World) -> None:
    answer = sqlite_world.client(sqlite_world.worker).get("/places/export/districts.xlsx")
    assert "%E8%A1%8C%E6%94%BF%E5%8C%BA_2026-06-15.xlsx" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("address", ["/places/export/people.csv", "/places/export/districts.pdf"])
def test_there_is_no_export_of_another_shape(sqlite_world: World, address: str) -> None:
    assert sqlite_world.client(sqlite_world.worker).get(address).status_code == 404


def test_only_those_who_may_export_are_offered_files(sqlite_world: World) -> None:
    fill(sqlite_world)
    assert "この一覧を書き出す" in sqlite_world.client(sqlite_world.worker).get("/places").text
    assert "この一覧を書き出す" not in sqlite_world.client(sqlite_world.administrator).get("/places").text
