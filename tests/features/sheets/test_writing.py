"""Writing tables, and reading back what we wrote ourselves."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crm.core.problems import Problem
from crm.sheets.columns import Column
from crm.sheets.limits import Limits
from crm.sheets.reading import Table, read_table
from crm.sheets.writing import Cell, ColumnOut, Encoding, Link, SheetOut, write_csv, write_xlsx

CREATED = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)
OUT = (ColumnOut("行政区名"), ColumnOut("よみ"), ColumnOut("世帯数", "number"), ColumnOut("いつから", "date"))
BACK = (
    Column("name", "行政区名", required=True),
    Column("kana", "よみ"),
    Column("households", "世帯数"),
    Column("since", "いつから"),
)
DANGEROUS = [
    "=1+1",
    "+81",
    "-",
    "@SUM",
    "\ttab",
    "\rcr",
    "\nlf",
    "＝１",
    "＋",
    "－５",
    "＠x",
    "'=1",
    "''@",
    "'",
    "'a",
]

TYPED = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=("Cc", "Co", "Cs", "Cn"),
        exclude_characters="\ufffd",
        include_characters="\t\r\n=+-@'＝＋－＠",
    ),
    max_size=12,
) | st.sampled_from(DANGEROUS)
ROUND_TRIPS = settings(
    max_examples=15, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def csv_text(rows: Sequence[Sequence[Cell]], encoding: Encoding = "utf-8-sig") -> str:
    buffer = io.BytesIO()
    write_csv(buffer, OUT, rows, encoding=encoding)
    return buffer.getvalue().decode(encoding)


def xlsx(*sheets: SheetOut, created: datetime = CREATED) -> bytes:
    buffer = io.BytesIO()
    write_xlsx(buffer, sheets, created=created)
    return buffer.getvalue()


def names_read(path: Path) -> list[tuple[str, str]]:
    table: Table = read_table(path, BACK, limits=Limits())
    return [(line.values["name"], line.values["kana"]) for line in table.rows]


# ---- CSV


def test_a_csv_file_has_bom_crlf_and_plain_numbers_and_iso_dates() -> None:
    rows: list[list[Cell]] = [
        ["末広,1区", None, 120, date(2026, 4, 1)],
        ["花泉", Link("見る", "https://example.jp"), -1.5, datetime(2026, 4, 1, 9, 30)],
        ["千厩", "", Decimal("1.10"), None],
    ]
    buffer = io.BytesIO()
    write_csv(buffer, OUT, rows)
    assert buffer.getvalue().startswith(b"\xef\xbb\xbf")
    assert csv_text(rows) == (
        "行政区名,よみ,世帯数,いつから\r\n"
        '"末広,1区",,120,2026-04-01\r\n'
        "花泉,見る,-1.5,2026-04-01 09:30\r\n"
        "千厩,,1.10,\r\n"
    )


@pytest.mark.parametrize("text", [text for text in DANGEROUS if text not in ("'", "'a")])
def test_what_looks_like_a_formula_is_made_harmless_in_csv(text: str) -> None:
    second = csv_text([[text, "", 1, None]]).split("\r\n", 1)[1]
    assert second.lstrip('"').startswith("'")


def test_an_ordinary_apostrophe_stays_as_it_is() -> None:
    assert csv_text([["'a", "a=b", 1, None]]).split("\r\n")[1] == "'a,a=b,1,"


@ROUND_TRIPS
@given(rows=st.lists(st.tuples(TYPED, TYPED), min_size=1, max_size=30))
def test_every_text_comes_back_from_csv_as_it_was(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if "".join(row).strip()]
    assume(rows)
    path = tmp_path / "out.csv"
    write_csv(path, OUT, [[*row, 1, None] for row in rows])
    assert names_read(path) == rows


@ROUND_TRIPS
@given(rows=st.lists(st.tuples(TYPED, TYPED), min_size=1, max_size=30))
def test_every_text_that_cp932_holds_comes_back_from_it(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    kept = [(name.encode("cp932", "ignore").decode("cp932"), "高﨑①ｱ") for name, _ in rows]
    path = tmp_path / "out.csv"
    write_csv(path, OUT, [[*row, 1, None] for row in kept], encoding="cp932")
    assert names_read(path) == kept


def test_characters_that_cp932_cannot_hold_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with pytest.raises(Problem) as caught:
        write_csv(
            path,
            OUT,
            [["末広", "髙﨑", 1, None], ["𠮷田〜", "𠮷", 1, None], ["\ue000", "", 1, None]],
            encoding="cp932",
        )
    assert caught.value.code == "not_in_cp932"
    assert caught.value.facts == {
        "characters": "𠮷(U+20BB7)、〜(U+301C)、\ue000(U+E000)",
        "cell": "A3",
    }
    assert not path.exists()


# ---- XLSX


def test_two_writings_of_the_same_give_the_same_bytes() -> None:
    def made(created: datetime) -> bytes:
        rows: Iterator[list[Cell]] = (
            [f"区{number}", "=1", number, date(2026, 4, 1)] for number in range(300)
        )
        return xlsx(SheetOut("行政区", OUT, rows, "一覧", ["注"]), SheetOut("二", OUT, []), created=created)

    assert made(CREATED) == made(CREATED.astimezone(timezone(timedelta(hours=9))))
    assert b"2026-06-15T01:00:00Z" in zipfile.ZipFile(io.BytesIO(made(CREATED))).read("docProps/core.xml")


def test_a_workbook_has_real_numbers_dates_and_links_and_no_formula() -> None:
    rows: list[list[Cell]] = [
        ["=1+1", Link("末広", "https://example.jp/p/1"), 120, date(2026, 4, 1)],
        ["0301", "@x", Link(12, "internal:'二'!A1"), None],
        ["", None, Decimal("1.5"), datetime(2026, 4, 1, 9, 30, tzinfo=UTC)],
    ]
    content = xlsx(SheetOut("行政区", OUT, rows), SheetOut("二", OUT, []))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["行政区"]
    assert [cell.value for cell in sheet[2]] == ["=1+1", "末広", 120, datetime(2026, 4, 1)]
    assert [cell.data_type for cell in sheet[2]] == ["s", "s", "n", "d"]
    assert sheet["B2"].hyperlink.target == "https://example.jp/p/1"
    assert (sheet["A3"].value, sheet["C3"].value, sheet["C3"].data_type) == ("0301", 12, "n")
    assert sheet["C3"].hyperlink.location == "'二'!A1"
    assert (sheet["C4"].value, sheet["D4"].value) == (1.5, datetime(2026, 4, 1, 9, 30))
    assert sheet["D2"].number_format == "yyyy-mm-dd"


def test_a_workbook_is_ready_to_filter_and_to_print_on_a4() -> None:
    rows: list[list[Cell]] = [["一関市大東町大原字有南田第三区", "い", 1, None], ["ｱｲ", "い", 2, None]]
    content = xlsx(SheetOut("行政区", OUT, rows, title="行政区一覧", notes=["令和8年4月1日現在", "見本"]))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["行政区"]
    assert sheet["A1"].value == "行政区一覧"
    assert sheet["A4"].value == "行政区名"
    assert sheet["A4"].font.bold
    assert {sheet[cell].font.name for cell in ("A1", "A2", "A4", "A5", "C5")} == {"BIZ UDPGothic"}
    assert sheet.freeze_panes == "A5"
    assert sheet.auto_filter.ref == "A4:D6"
    assert sheet.print_title_rows == "$4:$4"
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "portrait")
    pages = sheet.sheet_properties.pageSetUpPr
    assert pages is not None
    assert pages.fitToPage
    assert sheet.page_setup.fitToHeight == 0  # as many pages as it takes, each as wide as the table
    assert sheet.column_dimensions["A"].width == pytest.approx(31, abs=1)
    assert sheet.column_dimensions["B"].width == pytest.approx(6.7, abs=1)


def test_a_wide_table_is_printed_across() -> None:
    columns = [ColumnOut("備考", width=40)] * 3
    content = xlsx(SheetOut("広い", columns, []))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["広い"]
    assert sheet.page_setup.orientation == "landscape"


def test_more_links_than_excel_opens_are_written_as_plain_cells() -> None:
    columns = [ColumnOut("区"), ColumnOut("数", "number")]
    rows = ([Link("a", "https://example.jp"), Link(1, "https://example.jp")] for _ in range(33_000))
    with zipfile.ZipFile(io.BytesIO(xlsx(SheetOut("区", columns, rows)))) as package:
        assert package.read("xl/worksheets/sheet1.xml").count(b"<hyperlink ") == 65_000


def test_a_link_leads_to_a_page_or_a_cell_only() -> None:
    with pytest.raises(ValueError, match="link"):
        Link("a", "javascript:alert(1)")


def test_a_text_too_long_for_excel_is_an_error_and_not_cut() -> None:
    with pytest.raises(ValueError, match="A2"):
        xlsx(SheetOut("区", [ColumnOut("区")], [["区" * 32_768]]))


def test_a_time_of_creation_without_zone_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="zone"):
        xlsx(created=datetime(2026, 1, 1))


@ROUND_TRIPS
@given(rows=st.lists(st.tuples(TYPED, TYPED), min_size=1, max_size=30))
def test_every_text_comes_back_from_xlsx_as_it_was(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if "".join(row).strip()]
    assume(rows)
    path = tmp_path / "out.xlsx"
    path.write_bytes(xlsx(SheetOut("行政区", OUT, [[*row, 1, None] for row in rows], "題", ["注"])))
    assert names_read(path) == rows


@ROUND_TRIPS
@given(
    rows=st.lists(
        st.tuples(st.integers(-(10**9), 10**9), st.dates(date(1900, 3, 1), date(9999, 12, 31))), min_size=1
    )
)
def test_numbers_and_dates_come_back_from_xlsx(tmp_path: Path, rows: list[tuple[int, date]]) -> None:
    path = tmp_path / "out.xlsx"
    path.write_bytes(xlsx(SheetOut("行政区", OUT, [["区", "", number, day] for number, day in rows])))
    table = read_table(path, BACK, limits=Limits())
    assert [(line.values["households"], line.values["since"]) for line in table.rows] == [
        (str(number), day.isoformat()) for number, day in rows
    ]


@pytest.mark.soak
def test_45300_rows_of_14_columns_are_written_and_read_within_the_default_limits(tmp_path: Path) -> None:
    columns = [ColumnOut("行政区名"), ColumnOut("よみ"), *[ColumnOut(f"数{number}") for number in range(12)]]
    rows: Iterator[list[Cell]] = (
        [f"末広{number}区", "スエヒロ", *[f"値{number % 99}"] * 6, *[number] * 6] for number in range(45_300)
    )
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, [SheetOut("行政区", columns, rows)], created=CREATED)
    assert len(read_table(path, BACK, limits=Limits()).rows) == 45_300
