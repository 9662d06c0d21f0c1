"""The sample town in a database of its own: instance/demo, which never touches another installation."""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from crm.accounts import passwords
from crm.accounts.messages import ROLE_NAMES
from crm.accounts.models import Account, Organisation, Password
from crm.config import Settings
from crm.core.clock import TOKYO, tokyo_day
from crm.core.ids import new_id
from crm.core.months import Month
from crm.db import migrate
from crm.db.store import Store
from crm.db.tracked import Author, BulkInsert
from crm.demo import rows
from crm.demo.shapes import Town
from crm.demo.town import generate
from crm.groups.models import Person, Post, Term
from crm.i18n import gettext as _
from crm.jobs import installation
from crm.reports import service as reports
from crm.reports.service import Setting
from crm.territory.models import Assignment, Kind, Lineage, Place, PlaceFacts, Territory
from crm.visits import plan_service as plans
from crm.visits.models import Call, CallState, MonthPlan, PlacePulse, Record, Way
from crm.web.access import Role

ORGANISATION = "見本町市民活動センター"
CITY = "見本市"
PASSWORD = "meguri-mihon"  # noqa: S105 - of invented people in a town that holds nothing else
DONE = "demo.json"
CHUNK = 5_000


def demo_settings(folder: Path, *, host: str, port: int) -> Settings:
    """Settings of the demo: its own folder, database and secret; nothing of another installation is read."""
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(
        instance=folder,
        secret_key=_mark(folder).get("secret") or secrets.token_urlsafe(48),
        base_url=f"http://{host}:{port}",
        host=host,
        port=port,
        sample_town=True,
        backup_at="",
    )


def _mark(folder: Path) -> dict[str, Any]:
    """What the last building of the town left behind; empty where there was none, or it cannot be read."""
    try:
        made = json.loads((folder / DONE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return made if isinstance(made, dict) else {}


def is_current(folder: Path) -> bool:
    """Whether a town stands there whose tables were made by the migrations as they are now."""
    return _mark(folder).get("schema") == migrate.fingerprint()


def ready(settings: Settings, *, fresh: bool, say: Callable[[str], None], now: datetime) -> Store:
    """The store of the demo: the town of last time, or a new one where there is none or its tables were others."""
    folder, today = settings.instance, tokyo_day(now)
    if not fresh and is_current(folder):
        return Store(settings.database)
    for old in folder.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    say(_("見本の町を作っています(1分ほどかかります)。"))
    began = time.monotonic()
    store = Store(settings.database)
    migrate.upgrade(store)
    fill(store, generate(today=today), settings=settings, now=now)
    mark = {
        "schema": migrate.fingerprint(),
        "secret": settings.secret_key,
        "made_on": today.isoformat(),
    }
    (folder / DONE).write_text(json.dumps(mark), encoding="utf-8")
    say(_("できました(%(seconds)s秒)。", seconds=f"{time.monotonic() - began:.0f}"))
    return store


def fill(store: Store, town: Town, *, settings: Settings, now: datetime) -> None:
    """Write a town into an empty, migrated database: people, places, visits, closed months, this month's plan."""
    author = Author.system()
    with store.writing(author) as session:
        installation.begin_epoch(session, now=now, hold_outbox=False)
        session.add(
            Organisation(
                name=ORGANISATION, city_name=CITY, note="見本データです。実在の人や団体とは関係がありません。"
            )
        )
    territories = {row.code: new_id() for row in town.territories}
    _insert(
        store,
        author,
        Territory,
        (
            {"id": territories[t.code], "code": t.code, "name": t.name, "kana": t.kana}
            for t in town.territories
        ),
    )
    _accounts(store, author, town, now)
    _insert(store, author, Place, rows.places(town))
    _insert(store, author, PlaceFacts, rows.facts(town, territories))
    _insert(store, author, Lineage, rows.lineage(town))
    _insert(store, author, Assignment, rows.assignments(town, territories))
    _people(store, author, town, territories)
    last: dict[UUID, date] = {}
    _insert(store, author, Record, rows.records(town, territories, last))
    _insert(store, author, PlacePulse, ({"place_id": place, "last_on": on} for place, on in last.items()))
    _intervals(store, author)
    _close_months(store, town, settings=settings, today=town.today)
    _plan_month(store, town, now=now)


def _insert(store: Store, author: Author, model: type[Any], made: Iterator[dict[str, Any]] | Any) -> None:
    """Insert rows in pieces, each prepared before its transaction begins."""
    source = iter(made)
    while piece := list(islice(source, CHUNK)):
        prepared = BulkInsert.prepare(model, piece, author)
        with store.writing(author) as session:
            prepared.run(session)


def _accounts(store: Store, author: Author, town: Town, now: datetime) -> None:
    _insert(
        store,
        author,
        Account,
        (
            {
                "id": w.id,
                "name": w.name,
                "kana": w.kana,
                "mail": w.mail,
                "role": Role(w.role),
                "made_at": now,
                "disabled_at": now if w.to_on is not None and w.to_on <= town.today else None,
            }
            for w in town.workers
        ),
    )
    hashed = passwords.hashed(PASSWORD)
    _insert(
        store,
        author,
        Password,
        ({"id": new_id(), "account_id": w.id, "hashed": hashed, "set_at": now} for w in town.workers),
    )


def _people(store: Store, author: Author, town: Town, territories: Mapping[str, UUID]) -> None:
    """Heads and other posts, with the terms that ran or run in the period."""
    posts = list(rows.posts(town, territories))
    known = {(one["territory_id"], one["title"]): one["id"] for one in posts}
    _insert(store, author, Person, rows.people(town))
    _insert(store, author, Post, posts)
    _insert(store, author, Term, rows.terms(town, territories, known))


def _intervals(store: Store, author: Author) -> None:
    """Hubs every month, districts every three months."""
    with store.writing(author) as session:
        for kind in (Kind.COMMUNITY_CENTRE, Kind.BRANCH_OFFICE):
            plans.set_interval(session, 1, kind=kind)
        plans.set_interval(session, 3, kind=Kind.DISTRICT)


def _close_months(store: Store, town: Town, *, settings: Settings, today: date) -> None:
    """Close every month but the last: that one is left for whoever tries the demo."""
    setting = Setting(settings.base_url, settings.sample_town)
    manager = next(w.id for w in town.workers if w.role == Role.MANAGER.value)
    month = town.first_month
    while month < Month.of(today).plus(-1):
        closing = datetime.combine(month.after + timedelta(days=2), datetime.min.time(), TOKYO).replace(
            hour=17
        )
        with store.writing(Author(manager, Author.system().via)) as session:
            reports.close(session, month, setting, by=manager, now=closing, today=today)
        month = month.plus(1)


def _plan_month(store: Store, town: Town, *, now: datetime) -> None:
    """This month's plan, with a call behind every regular visit that was made already."""
    month = Month.of(town.today)
    with store.writing() as session:
        plan = MonthPlan(month=str(month), made_at=now)
        session.add(plan)
        session.flush()
        _answered_calls(session, plan, month)
        plans.propose_month(session, month, today=town.today, now=now)
        plans.publish(session, month, now=now)


def _answered_calls(session: Session, plan: MonthPlan, month: Month) -> None:
    known: set[UUID] = set()
    positions: dict[tuple[UUID, date], int] = {}
    for record in session.exec(
        select(Record)
        .where(Record.on >= month.first, Record.way == Way.REGULAR, col(Record.place_id).is_not(None))
        .order_by(col(Record.on), col(Record.id))
    ):
        if record.place_id is None or record.place_id in known:
            continue
        known.add(record.place_id)
        position = positions.get((record.worker_id, record.on), 0)
        positions[record.worker_id, record.on] = position + 1
        call = Call(
            plan_id=plan.id,
            place_id=record.place_id,
            worker_id=record.worker_id,
            on=record.on,
            position=position,
            state=CallState.PLANNED,
        )
        session.add(call)
        session.flush()
        record.call_id = call.id


def who_can_sign_in(store: Store, settings: Settings) -> str:
    """What `crm demo` prints: the address, and who may sign in."""
    with store.reading() as session:
        people = session.exec(
            select(Account)
            .where(col(Account.disabled_at).is_(None))
            .order_by(col(Account.role), Account.kana)
        ).all()
    order = [Role.WORKER, Role.MANAGER, Role.EDITOR, Role.READER, Role.ADMINISTRATOR]
    lines = [
        _("  %(mail)s  %(name)s(%(role)s)", mail=p.mail, name=p.name, role=str(ROLE_NAMES[p.role]))
        for role in order
        for p in people
        if p.role is role
    ]
    return "\n".join(
        (
            "",
            _("めぐり(見本データ): %(url)s", url=settings.base_url),
            _("サインインできる人(パスワードは、どの人も %(password)s ):", password=PASSWORD),
            *lines,
            "",
        )
    )
