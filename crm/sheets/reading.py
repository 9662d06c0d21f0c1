"""Reading a table from a file that somebody hands in, CSV or XLSX, limited and in a process of its own."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from crm.core.problems import Problem, TooLarge
from crm.sheets.columns import Column, words_of
from crm.sheets.findings import raise_all
from crm.sheets.limits import EXIT_MEMORY, MIB, Limits

log = logging.getLogger(__name__)

PACKAGES = Path(__file__).resolve().parents[2]
"""Where the child finds this package, installed or not."""

SHORT = 40
"""Values up to this length are kept once, however many lines repeat them, as thousands do a former town."""

COMPLAINT_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table. `number` is that of its row as the user sees it; values are texts exactly as typed.

    A column that the file has not is absent from `values`; a blank cell is "".
    """

    number: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """What was read. `sheet` is "" and `encoding` that of the text for CSV; `encoding` is "xlsx" for XLSX.

    `ignored_columns` are the headings nobody asked for; a column without heading that holds something is
    "(C)".
    """

    sheet: str
    header_row: int
    rows: tuple[Line, ...]
    ignored_columns: tuple[str, ...]
    encoding: str


def read_table(path: Path, columns: Sequence[Column], *, limits: Limits, sheet: str | None = None) -> Table:
    """Read the columns of a CSV or XLSX file. Without `sheet`, the one visible sheet that has them is read.

    CSV in UTF-8 (with BOM or not) or CP932, separated by comma, tab or semicolon; dates in XLSX become ISO
    dates.
    Raises Problem (TooLarge for "file_too_large"), or Problems, fifty at most, with the codes of
    `messages.py`.
    Raises ValueError when two columns claim the same heading, OSError when the file cannot be opened.
    """
    words_of(columns)
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise TooLarge("file_too_large", size_mb=-(-size // MIB), limit_mb=limits.file_bytes // MIB)
    if size == 0:
        raise Problem("file_empty")
    request: dict[str, object] = {
        "path": str(path.resolve()),
        "columns": [asdict(column) for column in columns],
        "limits": asdict(limits),
        "sheet": sheet,
    }
    with closing(_answers(request, limits)) as answers:
        return _table(answers)


def _table(answers: Iterator[Any]) -> Table:
    rows: list[Line] = []
    known: dict[str, str] = {}
    keys: tuple[str, ...] = ()
    for answer in answers:
        if isinstance(answer, list):
            number, *values = answer
            kept = [known.setdefault(value, value) if len(value) <= SHORT else value for value in values]
            rows.append(Line(number, dict(zip(keys, kept, strict=True))))
        elif "keys" in answer:
            keys = tuple(answer["keys"])
        elif "problems" in answer:
            raise_all([Problem(each["code"], **each["facts"]) for each in answer["problems"]])
        else:
            ending = answer["ending"]
            return Table(
                ending["sheet"],
                ending["header_row"],
                tuple(rows),
                tuple(ending["ignored_columns"]),
                ending["encoding"],
            )
    raise Problem("file_broken")


def _answers(request: dict[str, object], limits: Limits) -> Generator[Any, None, None]:
    """Run the child and give its answers as they come. Raises Problem when it dies before the last one."""
    with tempfile.TemporaryFile() as complaints, _started(complaints) as process:
        overrun = threading.Event()
        clock = threading.Timer(limits.seconds, _stop, (process, overrun))
        clock.daemon = True
        clock.start()
        try:
            yield from _spoken(process, request)
            process.wait()
            _explain(process.returncode, overrun.is_set(), complaints)
        finally:
            clock.cancel()
            process.kill()


def _started(complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    # The environment of the server holds secrets; the child gets none of it.
    environment = {"PYTHONPATH": str(PACKAGES), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
    if root := os.environ.get("SYSTEMROOT"):
        environment["SYSTEMROOT"] = root
    return subprocess.Popen(  # this interpreter and this package, nothing from outside
        [sys.executable, "-s", "-P", "-m", "crm.sheets.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        env=environment,
    )


def _stop(process: subprocess.Popen[bytes], overrun: threading.Event) -> None:
    overrun.set()
    process.kill()


def _spoken(process: subprocess.Popen[bytes], request: dict[str, object]) -> Iterator[Any]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the child was started without pipes")
    try:
        process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
    except BrokenPipeError:
        log.debug("the reader ended before it was asked")
    for line in process.stdout:
        if not line.endswith(b"\n"):
            return  # cut off when it was killed
        yield json.loads(line)


def _explain(status: int, overrun: bool, complaints: IO[bytes]) -> None:
    """Say why the child ended without an answer."""
    if overrun or status == -getattr(signal, "SIGXCPU", 0):
        raise Problem("read_timeout")
    if status == EXIT_MEMORY:
        raise Problem("read_memory")
    complaints.seek(0)
    said = complaints.read().decode("utf-8", "replace")[-COMPLAINT_CHARS:]
    log.error("the reader of sheets ended with status %s: %s", status, said)
    raise Problem("file_broken")
