"""Report and PDF: seconds and peak memory, beside reading the same rows and doing nothing with them.

    python -m bench papers

Every line is measured in a process of its own, so that its peak is its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from flask import Flask
from sqlmodel import Session

from bench.tables import machine, median, table
from bench.towns import CLOCK, TOWNS, town
from crm.app import create_app
from crm.config import Settings
from crm.core.months import FiscalYear, Month
from crm.db.store import Store
from crm.paper import Col, Paper
from crm.reports import queries, service
from crm.reports.paper import report_pdf
from crm.reports.service import Setting
from crm.reports.sheets import report_xlsx

RUNS = 3
NOTE = "役員のなり手がいないという声を聞きました。" * 2
SETTING = Setting("http://127.0.0.1:8000", sample=True)
LAST = Month.of(CLOCK.today()).plus(-1)
BY_NAME = {size.name: size for size in TOWNS.values()}


def _rows_only(name: str) -> None:
    """The baseline: the rows of the fiscal year so far, read and left alone."""
    with _session(name) as session:
        queries.rows_of(session, [m for m in FiscalYear.of(LAST).months() if m <= LAST])


def _draft(name: str) -> None:
    with _session(name) as session:
        service.draft(session, LAST, SETTING, now=CLOCK.now())


def _every_month(name: str) -> None:
    """The report of every month there is, one after the other."""
    with _session(name) as session:
        month = queries.first_month(session)
        while month is not None and month <= LAST:
            service.report(session, month, SETTING, now=CLOCK.now())
            month = month.plus(1)


def _pdf(name: str) -> None:
    with _app(name).test_request_context(), _session(name) as session:
        report_pdf(service.report(session, LAST.plus(-1), SETTING, now=CLOCK.now()))


def _xlsx(name: str) -> None:
    with _app(name).test_request_context(), _session(name) as session:
        close = queries.close_of(session, LAST.plus(-1))
        if close is None:
            raise LookupError("the month is not closed")
        report_xlsx(queries.report_of(close), queries.frozen_rows(close))


def _long_list(_name: str) -> None:
    """A list of 1,000 rows that wrap, as for a city of that many groups; the town plays no part."""
    listed = Paper("団体一覧", organisation="見本市民活動センター", made_at=CLOCK.now(), landscape=True)
    listed.table(
        [Col("番号", 18, "right"), Col("地域"), Col("行政区"), Col("世帯", align="right"), Col("備考")],
        [[n, "花泉", f"大字涌津第{n % 40}区", n * 7, NOTE if n % 5 == 0 else ""] for n in range(1000)],
    )
    listed.bytes()


TASKS: dict[str, Callable[[str], None]] = {
    "baseline: rows of the year read": _rows_only,
    "report of an open month": _draft,
    "reports of all months": _every_month,
    "PDF of a closed month": _pdf,
    "XLSX of a closed month": _xlsx,
    "PDF of a list, 1,000 rows": _long_list,
}


def _session(name: str) -> AbstractContextManager[Session]:
    return _opened(name)[1].reading()


def _app(name: str) -> Flask:
    settings, store = _opened(name)
    return create_app(settings, store=store, clock=CLOCK)


def _opened(name: str) -> tuple[Settings, Store]:
    return town(BY_NAME[name])


def child(task: str, name: str) -> None:
    """Do one task and print its seconds and its peak memory in MB."""
    began = time.perf_counter()
    TASKS[task](name)
    took = time.perf_counter() - began
    print(json.dumps({"s": took, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def run() -> str:
    """Measure and give the table."""
    rows: list[list[object]] = []
    for title, size in TOWNS.items():
        town(size)[1].close()
        base = 0.0
        for task in TASKS:
            runs = [
                json.loads(
                    subprocess.run(
                        [sys.executable, "-m", "bench.papers", task, size.name],
                        capture_output=True,
                        text=True,
                        check=True,
                    ).stdout.splitlines()[-1]
                )
                for _ in range(RUNS)
            ]
            took = median([one["s"] for one in runs])
            base = base or took
            rows.append(
                [task, title, f"{took:.2f}", f"{took / base:.2f}", f"{max(one['mb'] for one in runs):.0f}"]
            )
    head = ["task", "districts, visits", "median s", "× baseline", "peak MB"]
    return f"Median of {RUNS} runs, each in a process of its own, {machine()}.\n\n{table(head, rows)}"


def main(_arguments: list[str]) -> None:
    """Print the table."""
    print(run())


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2])
