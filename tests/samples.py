"""One of everything that an address can name, so that every door can be tried and every page looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlmodel import select

from crm.core.ids import new_id
from crm.core.months import Month
from crm.groups import service as people
from crm.groups.rules import PersonFacts
from crm.groups.service import TermFacts
from crm.jobs import outbox
from crm.jobs import service as jobs
from crm.jobs.models import OutboxMail
from crm.territory.access import Confidential
from crm.territory.models import Assignment, Kind
from crm.visits import plan_service as plans
from crm.visits.models import Call, Support
from crm.web.access import Role
from tests.world import District, Person, Town, Visit, World

PLAN_MONTH = "2026-06"
CLOSED_MONTH = "2026-05"
FOR_THE_HOLDERS = "担当だけに話された家のこと"
GOOD_FILE = """地域,行政区名,読み,世帯
一関,末広区,すえひろく,86
一関,沢区,さわく,41
"""
BAD_FILE = """地域,行政区名,世帯
一関,山目1区,62
ない町,どこか区,十
"""
MET_IN_CONFIDENCE = "名を伏せた話し手"
FOR_THE_AUTHOR = "本人だけが聞いた体のこと"


@dataclass(frozen=True)
class Samples:
    """The town with something of every kind in it."""

    world: World
    district: District
    split_up: District
    foreign: District
    town: Town
    record: Visit
    foreign_record: Visit
    holders_record: Visit
    authors_record: Visit
    call_id: UUID
    assignment_id: UUID
    spare: Person
    newcomer: Person
    person_id: UUID
    term_id: UUID
    report_job_id: UUID
    preview_id: UUID
    import_id: UUID
    mail_id: UUID

    def job_of(self, person: Person) -> UUID:
        """A piece of long work that a person asked for."""
        with self.world.writing(person) as session:
            job = jobs.ask(
                session,
                "sample",
                slot=str(new_id()),
                title="見本の作業",
                arguments={},
                asked_by=person.id,
                now=self.world.clock.now(),
            )
            return job.id

    def slip(self) -> UUID:
        """A term that was begun by mistake, to be taken back."""
        with self.world.writing(self.world.worker) as session:
            slip = people.post_titled(session, self.world.towns["一関"].id, f"会計{new_id()}")
            told = TermFacts(slip.id, date(2026, 4, 1))
            return people.begin_term(session, self.district.id, self.person_id, told).id

    def proposed(self) -> UUID:
        """The long work that proposed this month once more."""
        asked = self.world.client(self.world.manager).post(f"/plan/{PLAN_MONTH}/propose")
        self.world.work()
        return UUID(asked.location.rstrip("/").split("/")[-1])

    def device_of(self, person: Person) -> UUID:
        """A device of a person."""
        return self.world.sign_in_of(person)


def gathered(world: World) -> Samples:
    """Fill a town with one of everything."""
    district = world.district("末広区", kana="すえひろく", households=84, doors=80, lat=38.93, lon=141.13)
    neighbour = world.district("中央区", kana="ちゅうおうく", households=120)
    foreign = world.district("摺沢区", "大東", kana="すりさわく")
    split_up = world.district("新田区", kana="しんでんく", households=200)
    centre = world.place(Kind.COMMUNITY_CENTRE, "花泉市民センター", "花泉", kana="はないずみしみんせんたー")
    world.split(split_up, into=["新田1区", "新田2区"], on="2026-06-01")
    record = district.called_on("2026-06-10", heard="夏祭りの準備が進んでいる", supports=list(Support))
    neighbour.called_on("2026-05-11", heard="回覧板の順番を見直した")
    split_up.called_on("2026-05-12", supports=())
    centre.called_on("2026-05-13", by=world.manager)
    other = world.other_worker
    foreign_record = foreign.called_on("2026-06-11", by=other, heard="花壇の手入れをした")
    spoken_to: Any = {"by": other, "met_whom": MET_IN_CONFIDENCE}
    holders = foreign.called_on(
        "2026-06-12", heard=FOR_THE_HOLDERS, confidential=Confidential.ASSIGNED, **spoken_to
    )
    authors = district.called_on(
        "2026-05-14", heard=FOR_THE_AUTHOR, confidential=Confidential.AUTHOR, **spoken_to
    )
    spare = world.person("阿部 ひなた", "hinata@example.jp", Role.WORKER)
    _planned(world)
    ids = {**_long_work(world), **_imported(world), **_in_office(world, district)}
    with world.reading() as session:
        assignment = session.exec(
            select(Assignment.id).where(Assignment.account_id == world.worker.id)
        ).first()
        call = session.exec(select(Call.id).where(Call.worker_id == world.worker.id)).first()
    assert assignment is not None
    assert call is not None
    return Samples(
        world=world,
        district=district,
        split_up=split_up,
        foreign=foreign,
        town=world.towns["一関"],
        record=record,
        foreign_record=foreign_record,
        holders_record=holders,
        authors_record=authors,
        call_id=call,
        assignment_id=assignment,
        spare=spare,
        newcomer=world.person("岩渕 はるか", "haruka@example.jp", Role.EDITOR),
        **ids,
    )


def _planned(world: World) -> None:
    """This month's plan, with calls of today."""
    now, today = world.clock.now(), world.clock.today()
    with world.writing(world.manager) as session:
        plans.propose_month(session, Month.of(today), today=today, now=now)
        plans.publish(session, Month.of(today), now=now)
        call = session.exec(select(Call).where(Call.worker_id == world.worker.id)).first()
        assert call is not None
        plans.move_call(session, call.id, on=today, worker_id=world.worker.id)


def _imported(world: World) -> Mapping[str, UUID]:
    """A file that was taken in, and one that has faults."""
    manager = world.client(world.manager)

    def preview(text: str) -> UUID:
        file = (BytesIO(text.encode("utf-8-sig")), "行政区.csv")
        data = {"kind": "districts", "on": "2026-06-15", "file": file}
        asked = manager.post("/imports", data=data)
        assert asked.status_code == 303
        world.work()
        return UUID(asked.location.rstrip("/").split("/")[-1])

    taken = manager.post(f"/imports/{preview(GOOD_FILE)}/apply")
    assert taken.status_code == 303
    world.work()
    return {"import_id": UUID(taken.location.split("/")[-1]), "preview_id": preview(BAD_FILE)}


def _in_office(world: World, district: District) -> Mapping[str, UUID]:
    """Somebody who holds a post of a district."""
    with world.writing(world.worker) as session:
        person = people.add_person(session, PersonFacts("髙橋 一郎", "たかはし いちろう", "0191-00-0000"))
        post = people.post_titled(session, world.towns["一関"].id, "民区長", "みんくちょう")
        told = TermFacts(post.id, date(2026, 4, 1), source="総会資料")
        term = people.begin_term(session, district.id, person.id, told)
        return {"person_id": person.id, "term_id": term.id}


def _long_work(world: World) -> Mapping[str, UUID]:
    """A closed month with its papers, a report that the reader asked for, and a letter that waits."""
    manager = world.client(world.manager)
    assert manager.post(f"/reports/{CLOSED_MONTH}/close").status_code == 303
    world.work()
    making = world.client(world.reader).post(f"/reports/{PLAN_MONTH}/make")
    assert making.status_code == 303
    world.work()
    with world.store.writing() as session:
        outbox.post(session, "sample", "nobody@example.jp", "ご案内", "本文", now=world.clock.now())
    with world.reading() as session:
        mail = session.exec(select(OutboxMail.id)).first()
    assert mail is not None
    report_job = UUID(making.location.rstrip("/").split("/")[-1])
    return {"report_job_id": report_job, "mail_id": mail}
