"""Server time of pages, beside a trivial page of the same layout on the same server.

    python -m bench pages [--rounds N]

Requests go one by one over HTTP to a waitress server in a process of its own; every round asks for each page
once, the trivial one included, so that a busy moment of the machine falls on all of them. Queries are counted
in a pass of their own.
"""

import argparse
import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask, Response
from sqlalchemy import event
from sqlmodel import col, select

from bench.tables import machine, median, p95, table
from bench.towns import CLOCK, TOWNS, town
from crm.accounts.models import Account, SignIn
from crm.app import create_app
from crm.core.ids import new_id
from crm.core.months import Month
from crm.db.store import Store
from crm.territory.models import Kind, Place, PlaceFacts
from crm.visits.models import Record
from crm.web.access import Can, Role
from crm.web.pages import Pages
from crm.web.rendering import page

TRIVIAL = "trivial page, one row"


def with_trivial_page(app: Flask) -> Flask:
    """Add the page that others are compared with: same layout, same sign-in, one row read and shown."""
    pages = Pages("bench", __name__, template_folder="templates")

    @pages.get("/bench/trivial", access=Can.SIGNED_IN)
    def trivial() -> Response:
        return page("bench/trivial.html")

    app.register_blueprint(pages)
    return app


@dataclass(frozen=True)
class Asked:
    """One page of the bench: what to send."""

    method: str
    path: str
    form: Callable[[], Mapping[str, str]] | None = None


def sign_in(store: Store, role: Role) -> tuple[UUID, UUID]:
    """Sign a person of this role in, straight into the database."""
    with store.writing() as session:
        account = session.exec(
            select(Account)
            .where(Account.role == role, col(Account.disabled_at).is_(None))
            .order_by(Account.mail)
        ).first()
        if account is None:
            raise LookupError(role)
        now = CLOCK.now()
        row = SignIn(
            id=uuid4(), account_id=account.id, device="bench", address="127.0.0.1", made_at=now, seen_at=now
        )
        session.add(row)
        return account.id, row.id


def cookie_of(app: Flask, sign_in_id: UUID) -> str:
    """The session cookie of a sign-in."""
    serialiser = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serialiser.dumps({"_user_id": str(sign_in_id), "_permanent": True})
    return f"{app.config['SESSION_COOKIE_NAME']}={value}"


def asked(store: Store) -> dict[str, Asked]:
    """The pages that are measured, with a place that has many records."""
    month = Month.of(CLOCK.today())
    with store.reading() as session:
        place_id = session.exec(
            select(Record.place_id)
            .join(Place, col(Place.id) == col(Record.place_id))
            .where(Place.kind == Kind.DISTRICT, col(Place.closed_on).is_(None))
            .group_by(col(Record.place_id))
            .order_by(sa.func.count().desc())
            .limit(1)
        ).one()
        some = session.exec(select(PlaceFacts.place_id).where(PlaceFacts.place_id == place_id)).first()
    return {
        TRIVIAL: Asked("GET", "/bench/trivial"),
        "overview of places": Asked("GET", "/places"),
        "card of a place": Asked("GET", f"/places/{some}"),
        "plan of the month": Asked("GET", f"/plan/{month}"),
        "record form": Asked("GET", f"/records/new?place={place_id}"),
        "record kept (POST)": Asked(
            "POST",
            "/records/new",
            lambda: {
                "record_id": str(new_id()),
                "place": str(place_id),
                "on": CLOCK.today().isoformat(),
                "way": "regular",
                "met": "met",
                "supports": "presence",
                "heard": "雪囲いが済んだとのこと。",
                "confidential": "open",
            },
        ),
        "report, closed month": Asked("GET", f"/reports/{month.plus(-2)}"),
        "report, open month": Asked("GET", f"/reports/{month.plus(-1)}"),
    }


def count_queries(app: Flask, store: Store, cookie: str, pages: Mapping[str, Asked]) -> dict[str, int]:
    """Statements that a page sends to the database, the sign-in's included."""
    seen: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    client, counts = app.test_client(use_cookies=False), {}
    for name, one in pages.items():
        seen.clear()
        answer = client.open(
            one.path,
            method=one.method,
            data=one.form() if one.form else None,
            headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"},
        )
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"{name}: {answer.status_code}")
        counts[name] = sum(
            1 for text in seen if not text.startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE"))
        )
    return counts


def measure(port: int, cookie: str, pages: Mapping[str, Asked], rounds: int) -> dict[str, list[float]]:
    """Milliseconds from sending a request to its last byte."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(rounds + 3):
        for name, one in pages.items():
            headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
            body = urlencode(one.form()) if one.form else None
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            began = time.perf_counter()
            connection.request(one.method, one.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            took = (time.perf_counter() - began) * 1000
            if answer.status not in (200, 303):
                raise RuntimeError(f"{name}: {answer.status}")
            if number >= 3:  # the first rounds fill caches
                times[name].append(took)
    connection.close()
    return times


def run(rounds: int) -> str:
    """Measure every town and give the table."""
    rows: list[list[object]] = []
    medians: dict[str, dict[str, float]] = {}
    for title, size in TOWNS.items():
        settings, store = town(size)
        app = with_trivial_page(create_app(settings, store=store, clock=CLOCK))
        _worker, sign_in_id = sign_in(store, Role.MANAGER)
        cookie, pages = cookie_of(app, sign_in_id), asked(store)
        queries = count_queries(app, store, cookie, pages)
        store.close()
        with subprocess.Popen(
            [sys.executable, "-m", "bench.serving", str(settings.instance)], stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                port = int((server.stdout.readline() if server.stdout else "").strip())
                times = measure(port, cookie, pages, rounds)
            finally:
                server.terminate()
        base = median(times[TRIVIAL])
        medians[title] = {name: median(values) for name, values in times.items()}
        rows += [
            [
                name,
                title,
                f"{median(values):.1f}",
                f"{p95(values):.1f}",
                f"{median(values) / base:.2f}",
                queries[name],
            ]
            for name, values in times.items()
        ]
        print(f"  {title}: measured", flush=True)
    rows.sort(key=lambda row: list(medians[next(iter(TOWNS))]).index(str(row[0])))
    small, _ten, large = TOWNS
    growth = [
        [
            name,
            f"{medians[large][name] / medians[large][TRIVIAL] / (medians[small][name] / medians[small][TRIVIAL]):.2f}",
        ]
        for name in medians[small]
        if name != TRIVIAL
    ]
    return "\n".join(
        (
            f"{rounds} requests each, one at a time, {machine()}.",
            "",
            table(["page", "districts, visits", "median ms", "p95 ms", "× trivial", "queries"], rows),
            "",
            "How much longer a page takes with 45,300 districts than with 453 (ratios to the trivial page of each run):",
            "",
            table(["page", "growth"], growth),
        )
    )


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench pages")
    parser.add_argument("--rounds", type=int, default=60)
    print(run(parser.parse_args(arguments).rounds))
