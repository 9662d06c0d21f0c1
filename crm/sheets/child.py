"""Reads one file in a process of its own, so that whatever the file does, the server goes on.

Asked on standard input (one JSON object: path, columns, limits, sheet), it answers on standard output, one
JSON value a line: first the keys of the columns found, then a list for each line of the table (number, values
…), last the end or what is wrong. Run by `reading.py`.
"""

import gc
import json
import math
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crm.core.problems import Problem, Problems
from crm.sheets.columns import Column, Match, find_header
from crm.sheets.csv_text import CsvSheet
from crm.sheets.intake import Intake, top_of
from crm.sheets.judge import Kind, kind_of, open_package
from crm.sheets.limits import EXIT_MEMORY, Limits
from crm.sheets.rows import Sheet
from crm.sheets.workbook import SheetEntry, Workbook
from crm.sheets.worksheet import XlsxSheet

try:
    import resource
except ImportError:  # Windows has none: there the wall clock of the parent is the only limit.
    resource = None  # type: ignore[assignment]

MOST_SHEETS = 50
"""Sheets that are looked into when none was named; nobody keeps the districts on the fifty-first."""

COMPLAINT_BYTES = 64 * 1024
"""What may be written to a file: only the complaints that end in the server's log."""

ANSWERS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

SPARE = 2 * 1024 * 1024
"""Bytes held back so that there is memory left to say that there is none."""


def limit_process(limits: Limits) -> None:
    """Take away from this process what reading a file does not need: memory, time, writing files."""
    if resource is None:
        return
    seconds = max(1, math.ceil(limits.seconds))
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: COMPLAINT_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, soft in wanted.items():
        _, hard = resource.getrlimit(kind)
        most = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        try:
            resource.setrlimit(kind, (most, hard))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS: the other limits hold
            continue


def sheet_of(
    path: Path, columns: tuple[Column, ...], limits: Limits, wanted: str | None
) -> tuple[Sheet, Problem]:
    """Open the sheet that is meant, and give with it the refusal for the case that it has no header.

    Raises Problem "sheet_unknown" (sheet, sheets), "sheet_ambiguous" (sheets), "sheet_missing_header", and
    those of `kind_of`, `open_package` and the file itself.
    """
    looked_for = "、".join(column.label for column in columns)
    if kind_of(path) is Kind.CSV:
        return CsvSheet(path.read_bytes(), columns, limits), Problem("header_missing", columns=looked_for)
    book = Workbook(open_package(path, limits), limits)
    no_header = Problem("sheet_missing_header", columns=looked_for, sheets=names(book.visible_sheets))
    entry = _entry(book, columns, wanted, no_header)
    sheet = XlsxSheet(book, entry)
    sheet.count_ahead()
    return sheet, no_header


def names(sheets: tuple[SheetEntry, ...]) -> str:
    """Name sheets for a refusal."""
    return "、".join(sheet.name for sheet in sheets[:MOST_SHEETS])


def _entry(book: Workbook, columns: tuple[Column, ...], wanted: str | None, no_header: Problem) -> SheetEntry:
    if wanted is not None:
        for entry in book.sheets:
            if entry.name == wanted:
                return entry
        raise Problem("sheet_unknown", sheet=wanted, sheets=names(book.visible_sheets))
    visible = book.visible_sheets[:MOST_SHEETS]
    if len(visible) == 1:
        return visible[0]
    ranked = [(entry, _header_in(book, entry, columns)) for entry in visible]
    matched = [(entry, header) for entry, header in ranked if header is not None]
    complete = tuple(entry for entry, header in matched if header.complete)
    if len(complete) > 1:
        raise Problem("sheet_ambiguous", sheets=names(complete))
    if not matched:
        raise no_header
    return complete[0] if complete else max(matched, key=lambda each: each[1].rank)[0]


def _header_in(book: Workbook, entry: SheetEntry, columns: tuple[Column, ...]) -> Match | None:
    """The header of a sheet nobody has asked for; what is wrong with such a sheet is of no interest."""
    try:
        found = find_header([row.texts for row in top_of(XlsxSheet(book, entry))], columns)
    except Problem:
        return None
    return None if found is None else found[1]


def answer(request: dict[str, Any]) -> Iterator[object]:
    """Read the file that is asked for and give the answer piece by piece. Raises Problem."""
    columns = tuple(
        Column(each["key"], each["label"], tuple(each["synonyms"]), each["required"])
        for each in request["columns"]
    )
    limits = Limits(**request["limits"])
    sheet, no_header = sheet_of(Path(request["path"]), columns, limits, request["sheet"])
    intake = Intake(sheet, columns, limits, no_header)
    yield {"keys": intake.keys}
    for number, values in intake.lines():
        yield [number, *values]
    yield {"ending": asdict(intake.ending)}


def refusal(problem: Problem) -> dict[str, object]:
    """Give a Problem or Problems as they travel to the parent."""
    found = problem.all if isinstance(problem, Problems) else (problem,)
    return {"problems": [{"code": each.code, "facts": each.facts} for each in found]}


def complain(unforeseen: Exception) -> None:
    """Say on standard error what happened and where; not the message, for it may quote cells."""
    where = traceback.extract_tb(unforeseen.__traceback__)
    sys.stderr.write(f"{type(unforeseen).__name__}\n{''.join(traceback.format_list(where))}")
    sys.stderr.flush()


def main() -> None:
    """Answer one request, then end."""
    request = json.load(sys.stdin.buffer)
    limit_process(Limits(**request["limits"]))
    gc.disable()  # rows make no cycles, and looking for them takes a tenth of the time
    spare: bytearray | None = bytearray(SPARE)
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="\n", closefd=False)  # noqa: SIM115
    try:
        for piece in answer(request):
            out.write(ANSWERS.encode(piece) + "\n")
    except Problem as problem:
        out.write(json.dumps(refusal(problem)) + "\n")
    except MemoryError:
        del spare
        out.write(json.dumps(refusal(Problem("read_memory"))) + "\n")
    out.flush()
    os._exit(0)  # nothing is left to tidy up, and taking a million objects apart takes time


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        os._exit(EXIT_MEMORY)
    except Exception as unforeseen:
        complain(unforeseen)
        os._exit(1)
