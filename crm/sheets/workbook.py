"""Reading an XLSX: which sheets it has, its texts and its number formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from zipfile import ZipFile

from crm.core.problems import Problem
from crm.sheets.cell_values import PLAIN, Format, format_of
from crm.sheets.limits import MIB, Limits
from crm.sheets.shared_texts import shared_texts
from crm.sheets.xml_parts import Attributes, broken_told, each_element, related

CONTENTS_BYTES = 8 * MIB
"""Unpacked size at which workbook.xml or styles.xml is no longer believed; real ones stay under 1 MiB."""

WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A worksheet in the table of contents: its name, whether the user sees it, the part that holds it."""

    name: str
    visible: bool
    part: str


class Workbook:
    """The parts that all sheets share. Nothing of the sheets themselves is read here."""

    def __init__(self, package: ZipFile, limits: Limits) -> None:
        self.package = package
        self.limits = limits
        self.from_1904 = False
        with broken_told():
            self._name = self._main_part()
            self._related = related(package, self._name)
            self.sheets = self._sheets()
            self.formats = self._formats()
        self._texts: list[str] | None = None
        if not self.sheets:
            raise Problem("file_broken")

    @property
    def visible_sheets(self) -> tuple[SheetEntry, ...]:
        """The sheets whose tabs the user sees; all of them when none is visible."""
        return tuple(sheet for sheet in self.sheets if sheet.visible) or self.sheets

    def texts(self) -> list[str]:
        """Give the texts that cells refer to by number, each without its reading (ふりがな).

        Raises Problem "too_much_text", "too_many_cells", "file_broken".
        """
        if self._texts is None:
            with broken_told():
                part = self._part_of_kind("sharedStrings")
                self._texts = [] if part is None else list(shared_texts(self.package, part, self.limits))
        return self._texts

    def _main_part(self) -> str:
        for kind, name in related(self.package, "").values():
            if kind == "officeDocument":
                return name
        return WORKBOOK

    def _small(self, name: str) -> str:
        if self.package.getinfo(name).file_size > CONTENTS_BYTES:
            raise ValueError(name)
        return name

    def _sheets(self) -> tuple[SheetEntry, ...]:
        found: list[SheetEntry] = []

        def told(parent: str, name: str, attributes: Attributes) -> None:
            if name == "workbookPr":
                self.from_1904 = attributes.get("date1904") in ("1", "true")
            if parent == "sheets" and name == "sheet":
                kind, part = self._related.get(attributes.get("id", ""), ("", ""))
                if kind == "worksheet" and part in self.package.NameToInfo:
                    visible = attributes.get("state", "visible") == "visible"
                    found.append(SheetEntry(attributes.get("name", ""), visible, part))

        each_element(self.package, self._small(self._name), told)
        return tuple(found)

    def _part_of_kind(self, wanted: str) -> str | None:
        names = [name for kind, name in self._related.values() if kind == wanted]
        return names[0] if names and names[0] in self.package.NameToInfo else None

    def _formats(self) -> Sequence[Format]:
        """What the number format of each cell style means, by the number of the style."""
        codes: dict[int, str] = {}
        used: list[int] = []

        def told(parent: str, name: str, attributes: Attributes) -> None:
            if name == "numFmt" and parent == "numFmts":
                codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            if name == "xf" and parent == "cellXfs":
                used.append(int(attributes.get("numFmtId", 0)))

        if styles := self._part_of_kind("styles"):
            each_element(self.package, self._small(styles), told)
        known = {number: format_of(number, codes) for number in set(used)}
        return [known[number] for number in used] or [PLAIN]
