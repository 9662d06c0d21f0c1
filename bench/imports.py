"""Import of 45,300 districts, beside the same rows put into a bare table by sqlite3 alone.

    python -m bench imports

The file is a CSV or XLSX of the shape of our own export. Every line runs in a process of its own on an empty
installation; `lock s` is how long nobody else could write.
"""

import csv
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.tables import machine, median, table
from bench.towns import CLOCK, settings_of
from crm.db import migrate
from crm.db.store import Store
from crm.db.tracked import Author
from crm.demo.town import generate
from crm.sheets.reading import read_table
from crm.sheets.writing import ColumnOut, SheetOut, write_xlsx
from crm.territory.imports import apply
from crm.territory.imports.apply import Options
from crm.territory.imports.kinds import COLUMNS, ImportKind
from crm.territory.imports.limits import limits_of

RUNS = 3
DAY = CLOCK.today()
HEAD = (
    "コード",
    "行政区名",
    "ふりがな",
    "地域",
    "戸数",
    "世帯数",
    "現住世帯",
    "人口",
    "班数",
    "緯度",
    "経度",
)


def make_files(folder: Path) -> None:
    """The same 45,300 districts as CSV, and with every population one higher as CSV and as XLSX."""
    town = generate(today=DAY, months=1, scale=100)
    names = {t.code: t.name for t in town.territories}
    for name, more in (("first", 0), ("second", 1)):
        rows = [
            (
                d.code,
                d.name,
                d.kana,
                names[d.territory],
                d.doors,
                d.households,
                d.resident_households,
                d.population + more,
                d.sections,
                round(d.lat, 6),
                round(d.lon, 6),
            )
            for d in town.districts
            if d.is_open(DAY)
        ]
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows([HEAD, *rows])
    with (folder / "second.xlsx").open("wb") as book:
        columns = [ColumnOut(label, "text" if n < 4 else "number") for n, label in enumerate(HEAD)]
        write_xlsx(book, [SheetOut(name="行政区", columns=columns, rows=rows)], created=CLOCK.now())


def baseline(folder: Path, _file: str) -> dict[str, float]:
    """csv and sqlite3 alone: the rows in one bare table, without keys, history or trail."""
    with (folder / "first.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    database = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(f"CREATE TABLE bare ({', '.join(f'c{n}' for n in range(len(HEAD)))})")
    began = time.perf_counter()
    database.execute("BEGIN IMMEDIATE")
    database.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * len(HEAD))})", rows)  # noqa: S608
    database.execute("COMMIT")
    return {"rows": len(rows), "lock": time.perf_counter() - began}


def taken_in(folder: Path, file: str) -> dict[str, float]:
    """Read, compare and take in one file."""
    settings = settings_of(folder)
    store = Store(settings.database)
    if migrate.current(store) is None:
        migrate.upgrade(store)
    options = Options(ImportKind.DISTRICTS, DAY, create_territories=True)
    read = read_table(folder / file, COLUMNS[options.kind], limits=limits_of(settings))
    outcome = apply.apply(store, read, options, Author.system())
    store.close()
    return {"rows": len(read.rows), "lock": outcome.locked_seconds}


TASKS = {
    "baseline: csv and sqlite3 alone": (baseline, "first.csv"),
    "CSV, all new": (taken_in, "first.csv"),
    "CSV, all unchanged": (taken_in, "first.csv"),
    "CSV, all changed on the same day": (taken_in, "second.csv"),
    "XLSX, all unchanged": (taken_in, "second.xlsx"),
}


def child(task: str, folder: str) -> None:
    """Do one task and print its seconds and its peak memory in MB, its reading child's included."""
    work, file = TASKS[task]
    began = time.perf_counter()
    told = work(Path(folder), file)
    told["s"] = time.perf_counter() - began
    told["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told["child_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps(told))


def run() -> str:
    """Measure and give the table."""
    found: dict[str, list[dict[str, float]]] = {task: [] for task in TASKS}
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            make_files(Path(folder))
            for task in TASKS:
                told = subprocess.run(
                    [sys.executable, "-m", "bench.imports", task, folder],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                found[task].append(json.loads(told.stdout.splitlines()[-1]))
    base = median([one["s"] for one in next(iter(found.values()))])
    rows = [
        [
            task,
            f"{runs[0]['rows']:,.0f}",
            f"{median([r['s'] for r in runs]):.1f}",
            f"{median([r['s'] for r in runs]) / base:.0f}",
            f"{median([r['lock'] for r in runs]):.2f}",
            f"{max(r['mb'] for r in runs):.0f}",
            f"{max(r['child_mb'] for r in runs):.0f}",
        ]
        for task, runs in found.items()
    ]
    head = ["import", "rows", "median s", "× baseline", "lock s", "peak MB", "reading child, MB"]
    return f"Median of {RUNS} runs, each on an empty installation, {machine()}.\n\n{table(head, rows)}"


def main(_arguments: list[str]) -> None:
    """Print the table."""
    print(run())


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2])
