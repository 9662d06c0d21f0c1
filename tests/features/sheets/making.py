"""Files as people and programs make them, and as those do who mean harm."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from crm.core.problems import Problem, Problems
from crm.sheets.columns import Column
from crm.sheets.limits import Limits
from crm.sheets.messages import MESSAGES
from crm.sheets.reading import Table, read_table

COLUMNS = (
    Column("code", "行政区コード", ("コード",)),
    Column("name", "行政区名", ("区名", "名称"), required=True),
    Column("kana", "ふりがな", ("よみ", "カナ")),
    Column("town", "旧市町村", ("地域",), required=True),
    Column("households", "世帯数"),
)
HEADER = ["コード", "行政区名", "よみ", "旧市町村", "世帯数"]
FIRST = ["0301", "末広1区", "スエヒロイック", "一関", "120"]

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
PACKAGE_RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def read(
    path: Path,
    content: bytes,
    *,
    columns: Sequence[Column] = COLUMNS,
    limits: Limits | None = None,
    sheet: str | None = None,
) -> Table:
    """Hand in a file with this content and read it."""
    path.write_bytes(content)
    return read_table(path, columns, limits=limits or Limits(), sheet=sheet)


def values(table: Table, key: str) -> list[str]:
    """The values of one column, from top to bottom."""
    return [line.values[key] for line in table.rows]


def refused(act: Callable[[], object]) -> list[Problem]:
    """What was found wrong, each with words that its facts fill; an error when nothing was."""
    found: list[Problem] = []
    try:
        act()
    except Problems as several:
        found.extend(several.all)
    except Problem as one:
        found.append(one)
    assert found, "it was not refused"
    for problem in found:
        assert str(MESSAGES[problem.code]) % problem.facts
    return found


def codes(act: Callable[[], object]) -> list[str]:
    """The codes of what was found wrong."""
    return [problem.code for problem in refused(act)]


def csv_of(*rows: Iterable[str], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """A CSV file as a simple program writes it, without quotes."""
    return "".join(delimiter.join(row) + "\r\n" for row in rows).encode(encoding)


def excel(fill: Callable[[Worksheet], object], title: str = "行政区") -> bytes:
    """A workbook of one sheet, made by openpyxl."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    fill(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def excel_of(*rows: Sequence[object]) -> bytes:
    """A workbook of one sheet with these rows."""

    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(list(row))

    return excel(fill)


def raw_excel(
    sheet: bytes | str,
    *,
    texts: str | None = None,
    styles: str | None = None,
    workbook: str = "",
    more: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """A workbook put together by hand; `sheet` is the whole XML of its only sheet."""
    kinds = {"worksheet": "worksheets/sheet1.xml"}
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships {PACKAGE_RELS}><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}">{workbook}'
        '<sheets><sheet name="行政区" sheetId="1" r:id="worksheet"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    for kind, content in (("sharedStrings", texts), ("styles", styles)):
        if content is not None:
            parts[f"xl/{kind}.xml"] = content
            kinds[kind] = f"{kind}.xml"
    related = "".join(
        f'<Relationship Id="{kind}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for kind, target in kinds.items()
    )
    parts["xl/_rels/workbook.xml.rels"] = f"<Relationships {PACKAGE_RELS}>{related}</Relationships>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, part in (*parts.items(), *more):
            package.writestr(name, part)
    return buffer.getvalue()


def sheet_xml(*rows: str, before: str = "", after: str = "") -> str:
    """The XML of a sheet with these `<row>` elements, below a header in row 1."""
    header = row_xml(1, *HEADER)
    return f"<worksheet {MAIN}>{before}<sheetData>{header}{''.join(rows)}</sheetData>{after}</worksheet>"


def prefixed(xml: str) -> str:
    """The same XML with a prefix before every tag, as some programs write it."""
    return re.sub("<(/?)", r"<\1x:", xml).replace("xmlns=", "xmlns:x=")


def row_xml(number: int, *cells: str) -> str:
    """A row of texts written into the cells themselves."""
    inside = "".join(
        f'<c r="{chr(65 + index)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for index, cell in enumerate(cells)
    )
    return f'<row r="{number}">{inside}</row>'
