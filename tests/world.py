"""A named cast in a small town, so that a test reads like what happened.

It is Monday 15 June 2026, 10:00 in Japan. A worker holds 一関 and 花泉, another 大東 and 千厩; the manager,
the editor, the reader at the city hall and the administrator do what they are for. Everything is made by the
use cases themselves, and everybody and everything in it is made up.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, select

from crm.accounts import passwords, service
from crm.accounts.models import LinkPurpose, Organisation, Password
from crm.accounts.service import NewAccount
from crm.app import handlers
from crm.config import Settings
from crm.core.clock import TOKYO, FixedClock
from crm.core.ids import new_id
from crm.db.store import Store
from crm.db.tracked import AuditEntry, Author, Via
from crm.jobs import installation
from crm.jobs.running import Premises, run_next
from crm.territory import queries as territory_queries
from crm.territory import service as territory
from crm.territory.access import Confidential
from crm.territory.models import AssignmentKind, Kind, Lineage, Place
from crm.territory.rules import Facts
from crm.visits import service as visits
from crm.visits.models import Met, Record, Support, Way
from crm.visits.service import RecordLog
from crm.web.access import Role

NOW = datetime(2026, 6, 15, 10, 0, tzinfo=TOKYO)
SINCE = date(2024, 4, 1)
"""The day from which everything in this town is known."""

TOWNS = (
    ("01", "一関", "いちのせき"),
    ("02", "花泉", "はないずみ"),
    ("03", "大東", "だいとう"),
    ("04", "千厩", "せんまや"),
    ("05", "東山", "ひがしやま"),
    ("06", "室根", "むろね"),
    ("07", "川崎", "かわさき"),
    ("08", "藤沢", "ふじさわ"),
)
ORGANISATION = "まちの支援室"
PASSWORD = "ことしの桜は四月に咲いた"
COOKIE_OF_LOGIN = "_user_id"

Serve = Callable[[Settings, Store, FixedClock], Flask]
"""Makes the app that serves a town."""


@dataclass(frozen=True)
class Person:
    """Somebody of the cast who signs in."""

    id: UUID
    name: str
    mail: str
    role: Role


@dataclass(frozen=True)
class Town:
    """A territory."""

    id: UUID
    name: str


@dataclass(frozen=True)
class District:
    """A place of the town, with what a test may do with it and ask of it."""

    id: UUID
    name: str
    world: "World"

    @property
    def district(self) -> "District":
        return self

    def called_on(
        self,
        on: str | date,
        *,
        by: Person | None = None,
        supports: Iterable[Support] = (Support.PRESENCE,),
        heard: str = "",
        met_whom: str = "",
        confidential: Confidential = Confidential.OPEN,
        way: Way = Way.REGULAR,
        met: Met = Met.MET,
    ) -> "Visit":
        """Record a call on this place, by the worker who holds 一関 unless somebody else is named."""
        log = RecordLog(
            record_id=new_id(),
            on=day(on),
            way=way,
            met=met,
            place_id=self.id,
            supports=frozenset(supports if met is not Met.CANCELLED else ()),
            heard=heard,
            met_whom=met_whom,
            confidential=confidential,
        )
        world, author = self.world, by or self.world.worker
        with world.writing(author) as session:
            visits.keep_record(session, log, by=author.id, today=world.clock.today(), now=world.clock.now())
        return Visit(log.record_id, self, world)

    def name_on(self, on: str | date) -> str:
        """What it was called on a day."""
        with self.world.reading() as session:
            return territory_queries.names_on(session, {self.id}, day(on))[self.id]


@dataclass(frozen=True)
class Visit:
    """A record of the town."""

    id: UUID
    district: District
    world: "World"

    @property
    def record(self) -> Record:
        """Its row as it is now."""
        with self.world.reading() as session:
            return session.get_one(Record, self.id)


@dataclass
class World:
    """The town, its people, and the app that serves them."""

    app: Flask
    store: Store
    settings: Settings
    clock: FixedClock
    towns: Mapping[str, Town]
    manager: Person
    worker: Person
    other_worker: Person
    editor: Person
    reader: Person
    administrator: Person

    # ---- people

    @property
    def people(self) -> tuple[Person, ...]:
        """One person of every role."""
        return (self.manager, self.worker, self.editor, self.reader, self.administrator)

    def person(self, name: str, mail: str, role: Role) -> Person:
        """Let one more person in."""
        with self.store.writing() as session:
            return _join(session, name, "", mail, role, now=self.clock.now())

    def with_password(self, person: Person, password: str = PASSWORD) -> Person:
        """Give a person a password, for tests that sign in by the form."""
        with self.store.writing() as session:
            session.add(
                Password(account_id=person.id, hashed=passwords.hashed(password), set_at=self.clock.now())
            )
        return person

    def link_for(
        self, person: Person, purpose: LinkPurpose = LinkPurpose.INVITATION, *, hours: int = 72
    ) -> str:
        """The secret of a one-time link for a person."""
        with self.store.writing() as session:
            return service.make_link(session, person.id, purpose, now=self.clock.now(), hours=hours)

    # ---- their devices

    def sign_in_of(self, person: Person, *, device: str = "Android / Chrome") -> UUID:
        """A device on which a person is signed in, without the slow work on a password."""
        with self.store.writing() as session:
            row = service.sign_in(
                session, person.id, device=device, address="192.0.2.7", now=self.clock.now()
            )
            return row.id

    def client(self, person: Person | None = None) -> FlaskClient:
        """A browser of this person (of nobody: not signed in) that is on our own pages."""
        client = self.app.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        if person is not None:
            sign_in_id = self.sign_in_of(person)
            with client.session_transaction() as cookie:
                cookie[COOKIE_OF_LOGIN] = str(sign_in_id)
                cookie.permanent = True
        return client

    def cookie(self, person: Person) -> tuple[str, str]:
        """Name and value of the cookie of a device of this person, for a real browser."""
        name = self.app.config["SESSION_COOKIE_NAME"]
        kept = self.client(person).get_cookie(name)
        assert kept is not None
        return name, kept.value

    # ---- places

    def district(self, name: str, territory: str = "一関", **facts: object) -> District:
        """The district of this name in a territory; opened when there is none yet."""
        return self.place(Kind.DISTRICT, name, territory, **facts)

    def place(self, kind: Kind, name: str, territory_name: str = "一関", **facts: object) -> District:
        """A place of any kind, open since the beginning."""
        town, key = self.towns[territory_name], f"{territory_name}-{name}"
        with self.writing(self.manager) as session:
            known = session.exec(select(Place.id).where(Place.kind == kind, Place.source_key == key)).first()
            if known is not None:
                return District(known, name, self)
            said = replace(Facts(name=name, territory_id=town.id, code=key), **facts)  # type: ignore[arg-type]
            place = territory.open_place(session, kind, key, said, on=SINCE)
            return District(place.id, name, self)

    def split(self, district: District, into: Iterable[str], on: str | date) -> list[District]:
        """Split a district on a day."""
        parts = [(f"{district.name}-{name}", name, "") for name in into]
        with self.writing(self.manager) as session:
            places = territory.split_district(session, district.id, parts, on=day(on))
            return [District(place.id, part[1], self) for place, part in zip(places, parts, strict=True)]

    def deputise(self, person: Person, territory_name: str) -> None:
        """Let a person deputise in a territory from today on."""
        town, today = self.towns[territory_name], self.clock.today()
        with self.writing(self.manager) as session:
            territory.assign(session, town.id, person.id, AssignmentKind.DEPUTY, from_on=today)

    def successors(self, district: District) -> set[UUID]:
        """What a district went on as."""
        with self.reading() as session:
            return set(
                session.exec(select(Lineage.successor_id).where(Lineage.predecessor_id == district.id)).all()
            )

    # ---- long work

    def work(self) -> None:
        """Do all the long work that waits, as `crm work` does."""
        premises, kinds = Premises(self.settings, self.store, self.clock), handlers(self.app)
        while run_next(premises, kinds):
            pass

    # ---- the database

    def reading(self) -> AbstractContextManager[Session]:
        """A transaction that reads."""
        return self.store.reading()

    def writing(self, by: Person) -> AbstractContextManager[Session]:
        """A transaction that writes, for which this person answers."""
        return self.store.writing(Author(by.id, Via.PAGE))

    def trail(self, entity: str | None = None) -> list[AuditEntry]:
        """The audit trail from its beginning."""
        wanted = select(AuditEntry).order_by(AuditEntry.id)  # type: ignore[arg-type]
        with self.reading() as session:
            return [e for e in session.exec(wanted).all() if entity is None or e.entity == entity]


def day(given: str | date) -> date:
    """A day, also as text."""
    return date.fromisoformat(given) if isinstance(given, str) else given


def build(app: Flask, store: Store, settings: Settings, clock: FixedClock) -> World:
    """Fill an empty database with the town and its people."""
    now = clock.now()
    with store.writing() as session:
        installation.begin_epoch(session, now=now, hold_outbox=False)
        session.add(Organisation(name=ORGANISATION, city_name="一関市"))
        towns = {
            name: Town(territory.add_territory(session, code, name, kana).id, name)
            for code, name, kana in TOWNS
        }
        cast = {
            part: _join(session, name, kana, f"{part.replace('_', '-')}@example.jp", role, now=now)
            for part, name, kana, role in (
                ("manager", "佐々木 みどり", "ささき みどり", Role.MANAGER),
                ("worker", "千葉 さくら", "ちば さくら", Role.WORKER),
                ("other_worker", "菅原 健", "すがわら けん", Role.WORKER),
                ("editor", "小野寺 結", "おのでら ゆい", Role.EDITOR),
                ("reader", "髙橋 誠", "たかはし まこと", Role.READER),
                ("administrator", "及川 守", "おいかわ まもる", Role.ADMINISTRATOR),
            )
        }
        for holder, names in (("worker", ("一関", "花泉")), ("other_worker", ("大東", "千厩"))):
            for name in names:
                territory.assign(
                    session, towns[name].id, cast[holder].id, AssignmentKind.HOLDER, from_on=SINCE
                )
        for deputy, name in (("other_worker", "花泉"), ("worker", "千厩")):
            territory.assign(session, towns[name].id, cast[deputy].id, AssignmentKind.DEPUTY, from_on=SINCE)
    return World(app, store, settings, clock, towns, **cast)


def _join(session: Session, name: str, kana: str, mail: str, role: Role, *, now: datetime) -> Person:
    account = service.invite(session, NewAccount(name, kana, mail, role), now=now)
    return Person(account.id, name, mail, role)
