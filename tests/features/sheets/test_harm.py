"""Files that mean harm, and that the server outlives."""

import os
import zipfile
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from crm.sheets.limits import MIB, Limits
from crm.sheets.reading import read_table
from tests.features.sheets.making import (
    COLUMNS,
    FIRST,
    HEADER,
    MAIN,
    codes,
    csv_of,
    prefixed,
    raw_excel,
    read,
    refused,
    row_xml,
    sheet_xml,
)

AT_MOST = 5
"""Seconds of computing a refusal may take here, the reading process's included: on an idle machine each takes well
below two. Not seconds by the clock, which a busy machine stretches as it likes."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bomb.xlsx"


def refused_soon(file: Path, content: bytes, limits: Limits | None = None) -> str:
    """The code of the only problem, found without much computing."""
    before = sum(os.times()[:4])
    (code,) = codes(lambda: read(file, content, limits=limits))
    assert sum(os.times()[:4]) - before < AT_MOST
    return code


@pytest.mark.parametrize(
    "sheet",
    [
        sheet_xml(row_xml(2, *FIRST), before='<dimension ref="A1:E1048576"/>'),
        sheet_xml(row_xml(2, *FIRST), row_xml(1_048_576, *FIRST)),
        sheet_xml(row_xml(2, *FIRST), '<row r="99999999999"><c r="A9"><v>1</v></c></row>'),
    ],
)
def test_a_tiny_workbook_that_claims_a_million_rows_is_refused(file: Path, sheet: str) -> None:
    content = raw_excel(sheet)
    assert len(content) < 2_000
    assert refused_soon(file, content) == "too_many_rows"


def test_a_million_rows_packed_small_are_refused_before_they_are_read(file: Path) -> None:
    rows = b"<row><c><v>1</v></c></row>" * 1_048_576
    content = raw_excel(sheet_xml().encode().replace(b"</sheetData>", rows + b"</sheetData>"))
    assert len(content) < 100_000
    assert refused_soon(file, content) == "file_unpacks_too_large"
    assert refused_soon(file, content, Limits(ratio=10_000)) == "too_many_rows"


def test_rows_with_a_prefix_cannot_hide_from_the_count(file: Path) -> None:
    sheet = prefixed(sheet_xml(*[row_xml(number, *FIRST) for number in range(2, 2_000)]))
    assert refused_soon(file, raw_excel(sheet), Limits(rows=1_000)) == "too_many_rows"
    assert refused_soon(file, raw_excel(sheet), Limits(cells=1_000)) == "too_many_cells"


def test_a_part_too_large_to_unpack_is_refused_by_its_stated_size(file: Path) -> None:
    content = raw_excel(sheet_xml(row_xml(2, *FIRST)), more=[("xl/media/a.png", bytes(25 * MIB))])
    limits = Limits(unpacked_bytes=20 * MIB, ratio=10_000)
    assert refused_soon(file, content, limits) == "file_unpacks_too_large"


def test_a_part_that_is_larger_than_it_says_is_not_unpacked_further(file: Path) -> None:
    content = bytearray(raw_excel(sheet_xml(*[row_xml(number, *FIRST) for number in range(2, 3000)])))
    with zipfile.ZipFile(BytesIO(content)) as package:
        size = package.getinfo("xl/worksheets/sheet1.xml").file_size
    assert content.count(size.to_bytes(4, "little")) == 2
    lied = bytes(content).replace(size.to_bytes(4, "little"), (900).to_bytes(4, "little"))
    assert refused_soon(file, lied) == "file_broken"


def test_a_table_of_contents_of_thousands_of_parts_is_not_even_read(file: Path) -> None:
    many = [(f"xl/{number}", b"") for number in range(2_100)]
    assert refused_soon(file, raw_excel(sheet_xml(), more=many)) == "file_unpacks_too_large"


def test_an_encrypted_part_is_told_as_a_password(file: Path) -> None:
    content = bytearray(raw_excel(sheet_xml(row_xml(2, *FIRST))))
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    assert refused_soon(file, bytes(content)) == "file_encrypted"


def test_one_text_repeated_in_every_cell_does_not_multiply(file: Path) -> None:
    texts = f"<sst {MAIN}><si><t>{'長' * 1_999}</t></si></sst>"
    rows = [
        f'<row r="{number}">'
        + "".join(f'<c r="{column}{number}" t="s"><v>0</v></c>' for column in "ABCDE")
        + "</row>"
        for number in range(2, 5_000)
    ]
    assert refused_soon(file, raw_excel(sheet_xml(*rows), texts=texts)) == "too_much_text"


def test_a_row_of_more_cells_than_there_are_columns_is_no_row(file: Path) -> None:
    row = '<row r="2">' + "<c/>" * 40_000 + "</row>"
    assert refused_soon(file, raw_excel(sheet_xml(row))) == "file_broken"


def test_a_tag_that_never_ends_is_given_up(file: Path) -> None:
    sheet = sheet_xml().replace("<sheetData>", f'<x a="{"y" * 3 * MIB}"/><sheetData>')
    assert refused_soon(file, raw_excel(sheet), Limits(ratio=10_000)) == "file_broken"


def test_entities_that_multiply_are_refused(file: Path) -> None:
    entities = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
    assert refused_soon(file, raw_excel(entities + sheet_xml(row_xml(2, "&b;")))) == "file_broken"


def test_the_reader_is_stopped_when_it_takes_too_long(file: Path) -> None:
    rows = [row_xml(number, *FIRST) for number in range(2, 20_000)]
    assert refused_soon(file, raw_excel(sheet_xml(*rows)), Limits(seconds=0.3)) == "read_timeout"


def test_the_reader_cannot_take_more_memory_than_it_is_given(file: Path) -> None:
    pytest.importorskip("resource", reason="this system cannot limit the memory of a process")
    texts = "".join(f"<si><t>{number:0200}</t></si>" for number in range(200_000))
    content = raw_excel(
        sheet_xml(row_xml(2, "1", "a", "", "b")).replace(
            "</sheetData>", '<row r="3"><c r="B3" t="s"><v>0</v></c></row></sheetData>'
        ),
        texts=f"<sst {MAIN}>{texts}</sst>",
    )
    limits = Limits(text_chars=10**9, memory_bytes=64 * MIB)
    assert refused_soon(file, content, limits) == "read_memory"
    assert len(read(file, content, limits=Limits(text_chars=10**9)).rows) == 2


def test_an_interpreter_that_cannot_even_start_is_told_as_memory_or_broken(file: Path) -> None:
    pytest.importorskip("resource", reason="this system cannot limit the memory of a process")
    content = csv_of(HEADER, FIRST)
    (problem,) = refused(lambda: read(file, content, limits=Limits(memory_bytes=MIB)))
    assert problem.code == "read_memory"


def test_the_secrets_of_the_server_are_not_given_to_the_reader(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "secret")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # would keep any interpreter that hears of it from starting
    assert len(read(file, csv_of(HEADER, FIRST)).rows) == 1


def test_a_file_that_is_not_there_is_the_caller_s_affair(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "nothing.csv", COLUMNS, limits=Limits())


def test_no_process_is_left_behind(file: Path) -> None:
    codes(lambda: read(file, b"%PDF-1.7"))
    read(file, csv_of(HEADER, FIRST))
    # Others of this test process (a database server, say) are none of ours.
    ours = [c for c in psutil.Process().children() if any("crm.sheets.child" in word for word in c.cmdline())]
    assert ours == []
