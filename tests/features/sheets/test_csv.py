"""Reading CSV as people hand it in."""

from pathlib import Path

import pytest

from crm.core.problems import Problem
from crm.sheets.columns import Column
from crm.sheets.limits import Limits
from crm.sheets.reading import read_table
from tests.features.sheets.making import COLUMNS, FIRST, HEADER, codes, csv_of, read, refused, values

TOWNS = Path(__file__).parents[4] / "shared" / "data" / "ichinoseki_towns.csv"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "districts.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_encodings_and_delimiters_of_excel_are_told_apart(
    file: Path, encoding: str, delimiter: str
) -> None:
    table = read(file, csv_of(HEADER, FIRST, delimiter=delimiter, encoding=encoding))
    assert table.encoding == encoding
    assert table.rows[0].values == dict(
        zip(["code", "name", "kana", "town", "households"], FIRST, strict=True)
    )


def test_a_semicolon_inside_a_cell_does_not_make_it_the_delimiter(file: Path) -> None:
    table = read(
        file, csv_of(HEADER, ["1", "末広;1;2;3区", "", "一関", "1"], ["2", "a;b;c;d", "", "花泉", ""])
    )
    assert values(table, "name") == ["末広;1;2;3区", "a;b;c;d"]


def test_half_width_katakana_and_machine_dependent_characters_of_cp932_are_read_as_typed(file: Path) -> None:
    table = read(file, csv_of(HEADER, ["1", "髙﨑①区", "ﾀｶｻｷ", "一関", ""], encoding="cp932"))
    assert table.rows[0].values["name"] == "髙﨑①区"
    assert table.rows[0].values["kana"] == "ﾀｶｻｷ"


def test_rows_are_numbered_as_excel_shows_them_below_title_and_blank_lines(file: Path) -> None:
    content = csv_of(
        ["行政区一覧表"], [], HEADER, FIRST, [], [], ["2", '"二\n行"', "", "一関", ""], ["", "", ""]
    )
    table = read(file, content)
    assert table.header_row == 3
    assert [line.number for line in table.rows] == [4, 7]
    assert table.rows[1].values["name"] == "二\n行"


def test_cells_are_kept_exactly_as_typed_spaces_and_full_width_included(file: Path) -> None:
    table = read(file, csv_of(HEADER, ["０１", " 末広 １区　", "", "一関 ", "1"]))
    assert table.rows[0].values["name"] == " 末広 １区　"
    assert table.rows[0].values["code"] == "０１"
    assert table.rows[0].values["town"] == "一関 "


def test_columns_that_nobody_asked_for_are_named_and_those_without_heading_too(file: Path) -> None:
    header = ["区名", "旧市町村", "", "区長の電話", ""]
    table = read(file, csv_of(header, ["末広", "一関", "?", "0191", ""]))
    assert table.ignored_columns == ("区長の電話", "(C)")
    assert table.rows[0].values == {"name": "末広", "town": "一関"}


def test_a_missing_column_is_named_with_the_headings_that_were_found(file: Path) -> None:
    (problem,) = refused(lambda: read(file, csv_of(["コード", "区名", "備考"], ["1", "末広", ""])))
    assert problem.code == "column_missing"
    assert problem.facts == {"label": "旧市町村", "headings": "コード、区名、備考"}


def test_two_columns_for_the_same_thing_are_refused_with_both_places(file: Path) -> None:
    (problem,) = refused(lambda: read(file, csv_of(["区名", "旧市町村", "名称"], ["a", "一関", "b"])))
    assert problem.code == "column_twice"
    assert problem.facts == {"label": "行政区名", "first": "A", "second": "C"}


def test_a_file_with_another_content_says_what_was_looked_for(file: Path) -> None:
    (problem,) = refused(lambda: read(file, csv_of(["品名", "単価"], ["用紙", "500"])))
    assert problem.code == "header_missing"
    assert "行政区名" in str(problem.facts["columns"])


def test_a_header_below_the_tenth_row_is_not_looked_for(file: Path) -> None:
    notes = [[f"注{number}"] for number in range(10)]
    assert codes(lambda: read(file, csv_of(*notes, HEADER, FIRST))) == ["header_missing"]
    assert len(read(file, csv_of(*notes[:9], HEADER, FIRST)).rows) == 1


def test_all_problems_of_cells_are_told_at_once_with_their_places(file: Path) -> None:
    rows = [
        ["1", "末広\ue000区", "", "一関", ""],
        ["2", "千厩\x07区", "", "千厩", ""],
        ["3", "花\ufffd", "", "花泉", "9", "余り"],
    ]
    found = refused(lambda: read(file, csv_of(HEADER, *rows)))
    assert [(problem.code, problem.facts["cell"]) for problem in found] == [
        ("unmapped_character", "B2"),
        ("control_character", "B3"),
        ("unmapped_character", "B4"),
        ("row_width", "F4"),
    ]
    assert found[0].facts["value"] == "末広〓区"
    assert found[0].facts["characters"] == "U+E000"
    assert found[3].facts["value"] == "余り"


def test_gaiji_of_cp932_are_found_by_their_place(file: Path) -> None:
    content = csv_of(HEADER, ["1", "末広", "", "一関", ""], encoding="cp932")
    content += b"2," + b"\xf0\x40" + "田区,,一関,\r\n".encode("cp932")
    (problem,) = refused(lambda: read(file, content))
    assert (problem.code, problem.facts["cell"]) == ("unmapped_character", "B3")


def test_fifty_problems_are_enough_and_it_is_said_that_there_are_more(file: Path) -> None:
    rows = [[str(number), "区\ue000", "", "一関", ""] for number in range(200)]
    found = refused(lambda: read(file, csv_of(HEADER, *rows)))
    assert len(found) == 50
    assert found[-1].code == "more_problems"
    assert found[-1].facts == {"shown": 49}


def test_an_unknown_encoding_is_told_with_row_and_byte(file: Path) -> None:
    good = csv_of(HEADER, FIRST)
    (problem,) = refused(lambda: read(file, good + b"2,\xff\xfe,,x,\r\n"))
    assert problem.code == "encoding_unknown"
    assert (problem.facts["row"], problem.facts["offset"]) == (3, len(good) + 2)


def test_a_broken_byte_far_into_a_long_file_is_found_at_its_place(file: Path) -> None:
    good = csv_of(HEADER, *[FIRST] * 5000)
    (problem,) = refused(lambda: read(file, b"\xef\xbb\xbf" + good + b"\xe3\x81"))
    assert (problem.facts["row"], problem.facts["offset"]) == (5002, 3 + len(good))
    (problem,) = refused(lambda: read(file, good.decode().encode("cp932") + b"\x81"))
    assert problem.facts["encoding"] == "cp932"
    assert problem.facts["row"] == 5002


def test_an_open_quote_is_told_and_does_not_swallow_the_rest(file: Path) -> None:
    content = csv_of(HEADER, FIRST, ["2", '"末広', "", "一関", ""], FIRST)
    (problem,) = refused(lambda: read(file, content))
    assert (problem.code, problem.facts) == ("quote_broken", {"row": 3})


def test_a_million_blank_lines_at_the_end_do_no_harm(file: Path) -> None:
    table = read(file, csv_of(HEADER, [*FIRST[:-1], "1;"]) + b" ,,,,\r\n" * 1_048_576)
    assert [line.values["households"] for line in table.rows] == ["1;"]
    assert codes(lambda: read(file, csv_of(HEADER) + b"\n" * 100_000 + csv_of(FIRST))) == ["too_many_rows"]


def test_empty_files_are_called_empty(file: Path) -> None:
    assert codes(lambda: read(file, b"")) == ["file_empty"]
    assert codes(lambda: read(file, b"\xef\xbb\xbf\r\n \r\n")) == ["file_empty"]


def test_a_header_without_lines_gives_an_empty_table(file: Path) -> None:
    assert read(file, csv_of(HEADER)).rows == ()


@pytest.mark.parametrize(
    ("content", "code", "kind"),
    [
        (b"%PDF-1.7\n", "file_kind_unknown", "PDF"),
        (b"\xef\xbb\xbf  <html><table>", "file_kind_unknown", "HTML/XML"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "file_kind_unknown", "Excel 97-2003 .xls"),
        (b"\x89PNG\r\n", "file_kind_unknown", "PNG"),
        (b"abc\x00def", "file_kind_unknown", "?"),
        ("コード\t行政区名".encode("utf-16"), "encoding_unknown", None),
    ],
)
def test_other_kinds_of_file_are_named(file: Path, content: bytes, code: str, kind: str | None) -> None:
    (problem,) = refused(lambda: read(file, content))
    assert problem.code == code
    assert problem.facts.get("kind") == kind


def test_an_encrypted_workbook_is_recognised(file: Path) -> None:
    content = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert codes(lambda: read(file, content)) == ["file_encrypted"]


def test_every_limit_of_a_csv_file_has_its_own_answer(file: Path) -> None:
    content = csv_of(HEADER, *[FIRST] * 30)
    assert codes(lambda: read(file, content, limits=Limits(rows=30))) == ["too_many_rows"]
    assert len(read(file, content, limits=Limits(rows=31)).rows) == 30
    assert codes(lambda: read(file, content, limits=Limits(columns=4))) == ["too_many_columns"]
    assert codes(lambda: read(file, content, limits=Limits(text_chars=100))) == ["too_much_text"]
    found = refused(lambda: read(file, content, limits=Limits(cell_chars=6)))
    assert (found[0].code, found[0].facts["cell"]) == ("cell_too_long", "C2")
    (problem,) = refused(lambda: read(file, content, limits=Limits(file_bytes=100)))
    assert problem.code == "file_too_large"


def test_columns_that_share_a_heading_are_a_mistake_of_the_program(file: Path) -> None:
    file.write_bytes(csv_of(HEADER))
    with pytest.raises(ValueError, match="both called"):
        read_table(file, [*COLUMNS, Column("other", "区　名")], limits=Limits())


def test_a_column_that_the_file_lacks_is_absent_and_a_short_row_is_blank(file: Path) -> None:
    table = read(file, csv_of(["区名", "旧市町村", "世帯数"], ["末広", "一関"]))
    assert table.rows[0].values == {"name": "末広", "town": "一関", "households": ""}


def test_the_real_list_of_towns_is_read_whole() -> None:
    if not TOWNS.exists():
        pytest.skip("the list of towns is not beside the repository (../shared/data/ichinoseki_towns.csv)")
    columns = [
        Column("town", "大字", ("town",), required=True),
        Column("kana", "ふりがな", ("kana",)),
        Column("former_town", "旧市町村", ("former_town",), required=True),
        Column("lat", "緯度", ("lat",)),
        Column("lon", "経度", ("lon",)),
        Column("koaza", "小字", ("koaza",)),
    ]
    table = read_table(TOWNS, columns, limits=Limits())
    assert len(table.rows) == 370
    assert table.encoding == "utf-8"
    assert sum(not line.values["kana"] for line in table.rows) == 1
    assert sum(bool(line.values["koaza"]) for line in table.rows) == 246
    assert len({(line.values["town"], line.values["koaza"]) for line in table.rows}) == 370


def test_the_refusals_can_be_caught_as_one_problem(file: Path) -> None:
    with pytest.raises(Problem):
        read(file, csv_of(["品名"], ["用紙"]))
