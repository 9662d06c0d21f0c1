"""Reading Excel workbooks as people hand them in."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from crm.sheets.columns import Column
from crm.sheets.first_look import FROM_BYTES
from crm.sheets.limits import Limits
from tests.features.sheets.making import (
    FIRST,
    HEADER,
    MAIN,
    codes,
    excel,
    excel_of,
    prefixed,
    raw_excel,
    read,
    refused,
    row_xml,
    saved,
    sheet_xml,
    values,
)

Value = float | date | time | timedelta

THREE = (Column("name", "区名", required=True), Column("value", "値"), Column("other", "ほか"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "districts.xlsx"


def shown(file: Path, *cells: tuple[Value, str]) -> list[str]:
    """What is read of cells with these values and number formats."""

    def fill(sheet: Worksheet) -> None:
        sheet.append(["区名", "値"])
        for number, (value, code) in enumerate(cells, start=2):
            sheet.cell(number, 1, "末広")
            sheet.cell(number, 2, value).number_format = code

    return values(read(file, excel(fill), columns=THREE), "value")


def test_a_list_with_title_date_and_blank_rows_above_is_read(file: Path) -> None:
    table = read(file, excel_of(["行政区一覧"], [], ["", "令和8年4月1日現在"], HEADER, FIRST, [], FIRST))
    assert (table.sheet, table.header_row, table.encoding) == ("行政区", 4, "xlsx")
    assert [line.number for line in table.rows] == [5, 7]
    assert table.rows[0].values["code"] == "0301"


def test_headings_are_known_in_other_widths_with_spaces_brackets_and_marks(file: Path) -> None:
    columns = (Column("name", "行政区名"), Column("age", "人口(65歳以上)"), Column("kana", "フリガナ"))
    table = read(
        file, excel_of(["行政　区名 *", "人口（６５歳以上）", "ﾌﾘｶﾞﾅ"], ["a", 1, "b"]), columns=columns
    )
    assert table.rows[0].values == {"name": "a", "age": "1", "kana": "b"}


def test_numbers_come_as_the_cell_shows_them(file: Path) -> None:
    cells: list[tuple[Value, str]] = [
        (12, "General"),
        (12.0, "General"),
        (0, "General"),
        (-5, "0"),
        (38.932547, "General"),
        (0.1, "General"),
        (0.00001, "General"),
        (301, "0000"),
        (290802, "[<=999]000;[<=9999]000-00;000-0000"),
        (1234567, "#,##0;[Red]-#,##0"),
        (120, '0"戸"'),
        (1e20, "General"),
        (True, "General"),
    ]
    assert shown(file, *cells) == [
        "12", "12", "0", "-5", "38.932547", "0.1", "0.00001", "0301", "029-0802", "1234567",
        "120", "100000000000000000000", "TRUE",
    ]  # fmt: skip


def test_seventeen_digits_of_excel_become_the_number_that_was_typed(file: Path) -> None:
    row = '<row r="2"><c r="B2"><v>38.932547000000003</v></c><c r="D2" t="str"><v>一関</v></c></row>'
    assert values(read(file, raw_excel(sheet_xml(row))), "name") == ["38.932547"]


def test_real_dates_become_iso_dates_whatever_their_format(file: Path) -> None:
    day = date(2026, 5, 11)
    cells: list[tuple[Value, str]] = [
        (day, "yyyy-mm-dd"),
        (day, '[$-411]ggge"年"m"月"d"日"'),
        (day, "[$-ja-JP-x-gannen]ge.m.d;@"),
        (day, 'gge"年"'),
        (day, "aaaa"),
        (day, "m/d"),
        (date(1900, 1, 1), "yyyy/m/d"),
        (datetime(2026, 5, 11, 13, 30), "yyyy/m/d h:mm"),
        (datetime(2026, 5, 11, 13, 30, 5), "yyyy/m/d h:mm:ss"),
        (time(13, 30), "h:mm"),
        (timedelta(hours=26, minutes=30), "[h]:mm"),
    ]
    assert shown(file, *cells) == [
        "2026-05-11", "2026-05-11", "2026-05-11", "2026-05-11", "2026-05-11", "2026-05-11", "1900-01-01",
        "2026-05-11 13:30", "2026-05-11 13:30:05", "13:30", "26:30",
    ]  # fmt: skip


@pytest.mark.parametrize("number", [14, 27, 28, 30, 31, 36, 50, 54, 57, 58])
def test_the_built_in_date_formats_of_japanese_excel_are_dates(file: Path, number: int) -> None:
    styles = f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="{number}"/></cellXfs></styleSheet>'
    row = '<row r="2"><c r="B2" s="1"><v>46153</v></c><c r="D2" t="str"><v>一関</v></c></row>'
    assert values(read(file, raw_excel(sheet_xml(row), styles=styles)), "name") == ["2026-05-11"]


def test_workbooks_of_old_macs_count_days_from_1904(file: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(["区名", "値"])
    sheet.append(["末広", date(2026, 5, 11)])
    assert values(read(file, saved(book), columns=THREE), "value") == ["2026-05-11"]


def test_a_day_that_excel_cannot_show_is_refused_at_its_cell(file: Path) -> None:
    styles = f'<styleSheet {MAIN}><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
    row = '<row r="2"><c r="B2" s="0"><v>-1</v></c><c r="D2" t="str"><v>一関</v></c></row>'
    (problem,) = refused(lambda: read(file, raw_excel(sheet_xml(row), styles=styles)))
    assert (problem.code, problem.facts["cell"]) == ("date_out_of_range", "B2")


def test_readings_over_kanji_do_not_become_part_of_the_name(file: Path) -> None:
    texts = (
        f'<sst {MAIN}><si><r><t>末</t></r><r><t xml:space="preserve"> 広 </t></r>'
        '<rPh sb="0" eb="1"><t>スエ</t></rPh><phoneticPr fontId="1"/></si><si><t/></si></sst>'
    )
    cells = '<c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="str"><v>x</v></c>'
    table = read(file, raw_excel(sheet_xml(f'<row r="2">{cells}</row>'), texts=texts))
    assert table.rows[0].values["name"] == "末 広 "
    assert table.rows[0].values["kana"] == ""


def test_rich_text_line_breaks_and_escapes_are_read_as_shown(file: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["区名", "値", "ほか"])
        bold = CellRichText("末", TextBlock(InlineFont(b=True), "広"), "区")
        sheet.append([bold, "上\n下", "_x005F_x0041_"])

    table = read(file, excel(fill), columns=THREE)
    assert table.rows[0].values == {"name": "末広区", "value": "上\n下", "other": "_x0041_"}


def test_formulas_are_refused_with_their_cells_only_where_they_would_be_read(file: Path) -> None:
    rows: list[list[object]] = [
        ["区名", "値", "計"],
        ["末広", "=1+1", "=SUM(B2)"],
        ["花泉", 3, "=B3"],
        ["計", "=SUM(B2:B3)", ""],
    ]
    found = refused(lambda: read(file, excel_of(["=TODAY()"], *rows), columns=THREE))
    assert [(problem.code, problem.facts["cell"], problem.facts["label"]) for problem in found] == [
        ("formula_cell", "B3", "値"),
        ("formula_cell", "B5", "値"),
    ]
    assert len(read(file, excel_of(rows[0], ["花泉", 3, "=B2"]), columns=THREE).rows) == 1


def test_of_a_column_of_formulas_twenty_are_listed(file: Path) -> None:
    rows = [["末広", f"=1+{number}"] for number in range(500)]
    found = refused(lambda: read(file, excel_of(["区名", "値"], *rows), columns=THREE))
    assert [problem.code for problem in found] == ["formula_cell"] * 20 + ["more_problems"]


@pytest.mark.parametrize(
    ("last", "code", "cell"),
    [
        ('<row r="9"><c r="B9"><f>1+1</f><v>2</v></c></row>', "formula_cell", "B9"),
        (row_xml(9, "1", "末広\ue000", "", "一関"), "unmapped_character", "B9"),
        (row_xml(9, "1", "末広", "", "一関", "1", "余り"), "row_width", "F9"),
    ],
)
def test_of_a_large_sheet_the_refusal_does_not_wait_for_the_last_row(
    file: Path, last: str, code: str, cell: str
) -> None:
    whole = sheet_xml(last, *[row_xml(number, *["長い" * 20] * 4) for number in range(10, 9_000)])
    assert len(whole.encode()) > FROM_BYTES
    cut_short = whole[:-100]  # reading it to the end would find it broken
    (problem,) = refused(lambda: read(file, raw_excel(cut_short), limits=Limits(ratio=10_000)))
    assert (problem.code, problem.facts["cell"]) == (code, cell)


def test_errors_of_excel_are_refused_at_their_cells(file: Path) -> None:
    row = '<row r="2"><c r="B2" t="e"><v>#N/A</v></c><c r="D2" t="str"><v>一関</v></c></row>'
    (problem,) = refused(lambda: read(file, raw_excel(sheet_xml(row))))
    assert (problem.code, problem.facts["cell"], problem.facts["value"]) == ("error_cell", "B2", "#N/A")


def test_gaiji_control_characters_and_stray_cells_are_told_at_once(file: Path) -> None:
    rows = [["末\ue000広", "_x0007_"], ["花泉", "\ufffd"], ["a", "b", "", "余り"]]
    found = refused(lambda: read(file, excel_of(["区名", "値"], *rows), columns=THREE))
    assert [(problem.code, problem.facts["cell"]) for problem in found] == [
        ("unmapped_character", "A2"),
        ("control_character", "B2"),
        ("unmapped_character", "B3"),
        ("row_width", "D4"),
    ]
    assert [problem.facts.get("characters") for problem in found] == ["U+E000", "U+0007", "U+FFFD", None]


def test_merged_cells_among_the_lines_are_refused_those_of_the_title_are_not(file: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["行政区の一覧"])
        sheet.append(["区名", "値", "備考"])
        for name in ("末広", "花泉", "千厩"):
            sheet.append([name, "一関", ""])
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("C3:C5")  # nobody reads it

    assert len(read(file, excel(fill), columns=THREE).rows) == 3

    def fill_merged(sheet: Worksheet) -> None:
        fill(sheet)
        sheet.merge_cells("B3:B5")

    (problem,) = refused(lambda: read(file, excel(fill_merged), columns=THREE))
    assert (problem.code, problem.facts) == ("merged_cells", {"cells": "B3:B5", "label": "値"})


# ---- sheets


def workbook(**sheets: list[list[object]]) -> bytes:
    """A workbook with these sheets; a name that begins with an underline is hidden."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.lstrip("_"))
        sheet.sheet_state = "hidden" if name.startswith("_") else "visible"
        for row in rows:
            sheet.append(row)
    return saved(book)


def test_the_one_sheet_that_has_the_columns_is_read(file: Path) -> None:
    content = workbook(
        説明=[["この表について"]], 名簿=[["区名", "旧市町村"], ["末広", "一関"]], _前年=[["区名", "旧市町村"]]
    )
    assert read(file, content).sheet == "名簿"


def test_two_sheets_that_fit_are_a_question_to_the_user_which_naming_one_answers(file: Path) -> None:
    header: list[object] = ["区名", "旧市町村"]
    content = workbook(令和7=[header, ["a", "一関"]], 令和8=[header, ["b", "一関"]])
    (problem,) = refused(lambda: read(file, content))
    assert (problem.code, problem.facts) == ("sheet_ambiguous", {"sheets": "令和7、令和8"})
    assert values(read(file, content, sheet="令和8"), "name") == ["b"]


def test_a_wrong_sheet_says_what_was_looked_for_and_what_sheets_there_are(file: Path) -> None:
    content = workbook(説明=[["この表"]], 単価=[["品名", "単価"]])
    for wanted in (None, "単価"):
        (problem,) = refused(lambda wanted=wanted: read(file, content, sheet=wanted))  # type: ignore[misc]
        assert problem.code == "sheet_missing_header"
        assert problem.facts["sheets"] == "説明、単価"
        assert "旧市町村" in str(problem.facts["columns"])


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(file: Path) -> None:
    (problem,) = refused(lambda: read(file, workbook(名簿=[["区名"]]), sheet="一覧"))
    assert (problem.code, problem.facts) == ("sheet_unknown", {"sheet": "一覧", "sheets": "名簿"})


def test_a_sheet_that_nearly_fits_says_which_column_it_lacks(file: Path) -> None:
    content = workbook(説明=[["この表"]], 名簿=[["コード", "区名", "よみ"], ["1", "末広", ""]])
    (problem,) = refused(lambda: read(file, content))
    assert (problem.code, problem.facts["label"]) == ("column_missing", "旧市町村")


# ---- other programs


def test_prefixes_missing_references_and_utf16_of_other_programs_are_read(file: Path) -> None:
    line = '<row><c t="str"><v>1</v></c><c t="str"><v>末広</v></c><c/><c t="str"><v>一関</v></c></row>'
    xml = prefixed(sheet_xml(line).replace(' r="1"', "").replace("<c r=", "<c q="))
    table = read(file, raw_excel(f'<?xml version="1.0" encoding="UTF-16"?>{xml}'.encode("utf-16")))
    assert (table.rows[0].number, table.rows[0].values["name"]) == (2, "末広")
    assert table.rows[0].values["town"] == "一関"


def test_blank_cells_with_formats_as_far_as_excel_goes_do_no_harm(file: Path) -> None:
    rows = (row_xml(2, "1", "末広", "", "一関"), '<row r="3"><c r="XFD3" s="0"/></row>', '<row r="1048576"/>')
    assert len(read(file, raw_excel(sheet_xml(*rows))).rows) == 1


def test_days_of_strict_workbooks_are_days(file: Path) -> None:
    row = '<row r="2"><c r="B2" t="d"><v>2026-05-11T00:00:00</v></c><c r="D2" t="str"><v>x</v></c></row>'
    assert values(read(file, raw_excel(sheet_xml(row))), "name") == ["2026-05-11"]


@pytest.mark.parametrize(
    "sheet",
    [
        sheet_xml('<row r="2"><c r="B2" t="s"><v>7</v></c></row>'),
        sheet_xml('<row r="2"><c r="B2" t="s"><v>-1</v></c></row>'),
        sheet_xml('<row r="2"><c r="B2"><v>twelve</v></c></row>'),
        sheet_xml('<row r="2"><c r="ZZZZ2"><v>1</v></c></row>'),
        sheet_xml(row_xml(3, "a"), row_xml(2, "a")),
        sheet_xml()[:-20],
        "<!DOCTYPE x [<!ENTITY a 'b'>]>" + sheet_xml(row_xml(2, "&a;")),
        "",
    ],
)
def test_a_damaged_sheet_is_called_broken(file: Path, sheet: str) -> None:
    assert codes(lambda: read(file, raw_excel(sheet))) == ["file_broken"]


def test_a_workbook_cut_short_or_with_a_flipped_byte_is_called_broken(file: Path) -> None:
    whole = raw_excel(sheet_xml(*[row_xml(number, *FIRST) for number in range(2, 2000)]))
    assert codes(lambda: read(file, whole[: len(whole) // 2])) == ["file_broken"]
    position = whole.index(b"sheet1.xml") + 400
    flipped = whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :]
    assert codes(lambda: read(file, flipped)) == ["file_broken"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("word/document.xml", "Word .docx"),
        ("xl/workbook.bin", "Excel .xlsb"),
        ("content.xml", "OpenDocument .ods"),
    ],
)
def test_other_packages_are_named(file: Path, name: str, kind: str) -> None:
    (problem,) = refused(lambda: read(file, raw_excel(sheet_xml(), more=[(name, b"")])))
    assert (problem.code, problem.facts) == ("file_kind_unknown", {"kind": kind})


def test_a_zip_archive_that_is_no_workbook_is_named(file: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("a.txt", "a")
    (problem,) = refused(lambda: read(file, buffer.getvalue()))
    assert problem.facts == {"kind": "ZIP"}


def test_cells_and_texts_over_their_limits_are_refused(file: Path) -> None:
    content = excel_of(HEADER, *[FIRST] * 30)
    assert codes(lambda: read(file, content, limits=Limits(cells=100))) == ["too_many_cells"]
    assert codes(lambda: read(file, content, limits=Limits(text_chars=50))) == ["too_much_text"]
    assert codes(lambda: read(file, content, limits=Limits(columns=4))) == ["too_many_columns"]
    long = excel_of(HEADER, ["1", "区" * 2001, "", "一関"])
    (problem,) = refused(lambda: read(file, long))
    assert (problem.code, problem.facts["cell"], problem.facts["limit"]) == ("cell_too_long", "B2", 2000)
    assert len(str(problem.facts["value"])) == 30
