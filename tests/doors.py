"""Every door of the house: who may open it, what it gives, and an example of what its address names.

This table is written by hand, on purpose: what crm.web.access and the routes say is compared with it. Whoever
adds a route adds a line; whoever opens or closes a door says so here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crm.web.access import Role
from tests.samples import CLOSED_MONTH, PLAN_MONTH, Samples
from tests.world import Person, World

Who = frozenset[Role | None]
Example = Callable[[Samples, Person | None], object]

READER, EDITOR, WORKER = Role.READER, Role.EDITOR, Role.WORKER
MANAGER, ADMINISTRATOR = Role.MANAGER, Role.ADMINISTRATOR

EVERYBODY: Who = frozenset({None, READER, EDITOR, WORKER, MANAGER, ADMINISTRATOR})
SIGNED_IN: Who = EVERYBODY - {None}
REPORTS: Who = frozenset({READER, EDITOR, WORKER, MANAGER})
OFFICE: Who = frozenset({EDITOR, WORKER, MANAGER})
OFFICE_AND_KEEPER: Who = OFFICE | {ADMINISTRATOR}
FIELD: Who = frozenset({WORKER, MANAGER})
KEEPERS: Who = frozenset({MANAGER, ADMINISTRATOR})
LEAD: Who = frozenset({MANAGER})

PAGE, LEADS_ON, FILE, DATA, CHANGE = "page", "leads on", "file", "data", "change"


@dataclass(frozen=True)
class Door:
    """One route: `gives` says what comes to those who may open it, `once_in` where that is other for the signed-in.

    `asked` lists further questions ("?…") with which its page looks different.
    """

    who: Who
    gives: str
    example: Mapping[str, Example] = field(default_factory=dict)
    once_in: str | None = None
    asked: Callable[[Samples], tuple[str, ...]] = lambda _samples: ()

    def parts(self, samples: Samples, person: Person | None) -> dict[str, object]:
        """What the address names, for a request of this person."""
        return {name: find(samples, person) for name, find in self.example.items()}

    def gives_to(self, person: Person | None) -> str:
        """What comes to somebody who may open it."""
        return self.gives if person is None or self.once_in is None else self.once_in


def always(value: object) -> Example:
    return lambda _samples, _person: value


def _own_device(samples: Samples, person: Person | None) -> object:
    return samples.device_of(person or samples.spare)


SPARE: Mapping[str, Example] = {"account_id": lambda s, _p: s.spare.id}
PLACE: Mapping[str, Example] = {"place_id": lambda s, _p: s.district.id}
SPLIT_UP: Mapping[str, Example] = {"place_id": lambda s, _p: s.split_up.id}
TOWN: Mapping[str, Example] = {"territory_id": lambda s, _p: s.town.id}
ASSIGNMENT: Mapping[str, Example] = {**TOWN, "assignment_id": lambda s, _p: s.assignment_id}
RECORD: Mapping[str, Example] = {"record_id": lambda s, _p: s.record.id}
CALL: Mapping[str, Example] = {"call_id": lambda s, _p: s.call_id}
JOB: Mapping[str, Example] = {"job_id": lambda s, p: s.job_of(p or s.spare)}
PREVIEW: Mapping[str, Example] = {"job_id": lambda s, _p: s.preview_id}
IMPORTED: Mapping[str, Example] = {"job_id": lambda s, _p: s.import_id}
PERSON: Mapping[str, Example] = {"person_id": lambda s, _p: s.person_id}
TERM: Mapping[str, Example] = {"term_id": lambda s, _p: s.term_id}
MAIL: Mapping[str, Example] = {"mail_id": lambda s, _p: s.mail_id}
LINK: Mapping[str, Example] = {"secret": lambda s, _p: s.world.link_for(s.newcomer)}
MONTH: Mapping[str, Example] = {"month": always(PLAN_MONTH)}
CLOSED: Mapping[str, Example] = {"month": always(CLOSED_MONTH)}
MAKING: Mapping[str, Example] = {**MONTH, "job_id": lambda s, _p: s.report_job_id}

DOORS: dict[str, Door] = {
    # The house itself
    "home.show": Door(SIGNED_IN, LEADS_ON),
    "design.show": Door(SIGNED_IN, PAGE),
    # Accounts
    "accounts.sign_in": Door(EVERYBODY, PAGE, once_in=LEADS_ON, asked=lambda _s: ("?next=/devices",)),
    "accounts.sign_in_post": Door(EVERYBODY, CHANGE),
    "accounts.sign_out_post": Door(SIGNED_IN, CHANGE),
    "accounts.forgotten": Door(EVERYBODY, PAGE),
    "accounts.forgotten_post": Door(EVERYBODY, CHANGE),
    "accounts.link": Door(EVERYBODY, PAGE, LINK),
    "accounts.link_post": Door(EVERYBODY, CHANGE, LINK),
    "accounts.devices": Door(SIGNED_IN, PAGE),
    "accounts.end_device_post": Door(SIGNED_IN, CHANGE, {"sign_in_id": _own_device}),
    "accounts.change_password_post": Door(SIGNED_IN, CHANGE),
    "accounts.people": Door(KEEPERS, PAGE),
    "accounts.invite_post": Door(KEEPERS, CHANGE),
    "accounts.person": Door(KEEPERS, PAGE, SPARE),
    "accounts.set_role_post": Door(KEEPERS, CHANGE, SPARE),
    "accounts.new_link_post": Door(KEEPERS, CHANGE, SPARE),
    "accounts.disable_post": Door(KEEPERS, CHANGE, SPARE),
    "accounts.enable_post": Door(KEEPERS, CHANGE, SPARE),
    "accounts.organisation": Door(KEEPERS, PAGE),
    "accounts.organisation_post": Door(KEEPERS, CHANGE),
    "accounts.audit": Door(KEEPERS, PAGE, asked=lambda s: (f"?entity=record&id={s.authors_record.id}",)),
    # Territory
    "territory.places": Door(
        OFFICE_AND_KEEPER,
        PAGE,
        asked=lambda s: ("?q=末広", f"?territory={s.town.id}&on=2026-05-31", "?q=ない"),
    ),
    "territory.place": Door(OFFICE_AND_KEEPER, PAGE, SPLIT_UP, asked=lambda _s: ("?on=2026-05-31",)),
    "territory.territories": Door(OFFICE_AND_KEEPER, PAGE),
    "territory.territory": Door(OFFICE_AND_KEEPER, PAGE, TOWN),
    "territory.add_territory_post": Door(KEEPERS, CHANGE),
    "territory.assign_post": Door(KEEPERS, CHANGE, TOWN),
    "territory.assign_several_post": Door(KEEPERS, CHANGE),
    "territory.correct_territory": Door(KEEPERS, PAGE, TOWN),
    "territory.correct_territory_post": Door(KEEPERS, CHANGE, TOWN),
    "territory.end": Door(KEEPERS, PAGE, ASSIGNMENT),
    "territory.end_assignment_post": Door(KEEPERS, CHANGE, ASSIGNMENT),
    "territory.take_back_assignment_post": Door(KEEPERS, CHANGE, ASSIGNMENT),
    "territory.new_place": Door(KEEPERS, PAGE),
    "territory.open_place_post": Door(KEEPERS, CHANGE),
    "territory.change": Door(KEEPERS, PAGE, PLACE),
    "territory.change_place_post": Door(KEEPERS, CHANGE, PLACE),
    "territory.split": Door(KEEPERS, PAGE, PLACE),
    "territory.split_place_post": Door(KEEPERS, CHANGE, PLACE),
    "territory.merge": Door(KEEPERS, PAGE, PLACE),
    "territory.merge_places_post": Door(KEEPERS, CHANGE, PLACE),
    "territory.close": Door(KEEPERS, PAGE, PLACE),
    "territory.close_place_post": Door(KEEPERS, CHANGE, PLACE),
    "territory.reopen_place_post": Door(KEEPERS, CHANGE, SPLIT_UP),
    # Import
    "territory.export": Door(OFFICE, FILE, {"shape": always("districts"), "form": always("csv")}),
    "imports.new": Door(KEEPERS, PAGE),
    "imports.hand_in_post": Door(KEEPERS, CHANGE),
    "imports.preview": Door(KEEPERS, PAGE, PREVIEW, asked=lambda _s: ("?show=new",)),
    "imports.apply_post": Door(KEEPERS, CHANGE, PREVIEW),
    "imports.done": Door(KEEPERS, PAGE, IMPORTED),
    # People and their posts
    "people.index": Door(OFFICE, PAGE, asked=lambda s: ("?q=たかはし", f"?territory={s.town.id}&q=ない")),
    "people.show": Door(OFFICE, PAGE, PERSON),
    "people.new": Door(FIELD, PAGE, asked=lambda s: (f"?place={s.district.id}&name=千葉",)),
    "people.add_post": Door(FIELD, CHANGE),
    "people.correct": Door(FIELD, PAGE, PERSON),
    "people.correct_person_post": Door(FIELD, CHANGE, PERSON),
    "people.new_term": Door(
        FIELD, PAGE, PLACE, asked=lambda s: ("?q=髙橋", f"?person={s.person_id}", f"?succeeds={s.term_id}")
    ),
    "people.begin_term_post": Door(FIELD, CHANGE, PLACE),
    "people.correct_term": Door(FIELD, PAGE, TERM),
    "people.correct_term_post": Door(FIELD, CHANGE, TERM),
    "people.end": Door(FIELD, PAGE, TERM),
    "people.end_term_post": Door(FIELD, CHANGE, TERM),
    "people.take_back_term_post": Door(FIELD, CHANGE, {"term_id": lambda s, _p: s.slip()}),
    # Visits
    "visits.today": Door(FIELD, PAGE),
    "visits.records": Door(OFFICE, PAGE, asked=lambda s: (f"?place={s.foreign.id}", f"?worker={s.spare.id}")),
    "visits.record": Door(
        OFFICE, PAGE, RECORD, asked=lambda s: ("?kept=1", "?from=/reports/2026-05", "?from=//example.com")
    ),
    "visits.new_record": Door(
        FIELD, PAGE, asked=lambda s: (f"?place={s.foreign.id}", f"?call={s.call_id}", "?way=phone")
    ),
    "visits.keep_record_post": Door(FIELD, CHANGE),
    "visits.edit_record": Door(FIELD, PAGE, RECORD),
    "visits.correct_record_post": Door(FIELD, CHANGE, RECORD),
    "visits.withdraw_record_post": Door(FIELD, CHANGE, RECORD),
    # Plan
    "plan.show": Door(OFFICE, PAGE),
    "plan.month": Door(
        OFFICE,
        PAGE,
        MONTH,
        asked=lambda s: (f"?week=2026-06-22&worker={s.world.worker.id}", f"?made={s.proposed()}"),
    ),
    "plan.propose_post": Door(LEAD, CHANGE, MONTH),
    "plan.publish_post": Door(LEAD, CHANGE, MONTH),
    "plan.call": Door(FIELD, PAGE, CALL),
    "plan.move_call_post": Door(FIELD, CHANGE, CALL),
    "plan.shift_call_post": Door(FIELD, CHANGE, CALL),
    "plan.cancel_call_post": Door(FIELD, CHANGE, CALL),
    "plan.new_call": Door(FIELD, PAGE, {"place": lambda s, _p: s.district.id}),
    "plan.add_call_post": Door(FIELD, CHANGE),
    "plan.intervals": Door(LEAD, PAGE),
    "plan.set_interval_post": Door(LEAD, CHANGE),
    # Reports
    "reports.index": Door(REPORTS, PAGE, asked=lambda _s: ("?year=2025",)),
    "reports.month": Door(REPORTS, PAGE, CLOSED),
    "reports.figure": Door(
        REPORTS,
        PAGE,
        {**CLOSED, "section": always("territory"), "line": always("一関")},
        asked=lambda _s: ("?span=year", "?span=last_year"),
    ),
    "reports.closing": Door(LEAD, PAGE, MONTH),
    "reports.close_post": Door(LEAD, CHANGE, MONTH),
    "reports.make_post": Door(REPORTS, CHANGE, MONTH),
    "reports.reopen_post": Door(LEAD, CHANGE, CLOSED),
    "reports.file": Door(REPORTS, FILE, {**CLOSED, "kind": always("pdf")}),
    "reports.making": Door(REPORTS, PAGE, MAKING),
    "reports.making_progress": Door(REPORTS, DATA, MAKING),
    "reports.made_file": Door(REPORTS, FILE, {**MAKING, "kind": always("xlsx")}),
    # Long work
    "jobs.index": Door(OFFICE_AND_KEEPER, PAGE),
    "jobs.show": Door(OFFICE_AND_KEEPER, PAGE, JOB),
    "jobs.progress": Door(OFFICE_AND_KEEPER, DATA, JOB),
    "jobs.stop_post": Door(OFFICE_AND_KEEPER, CHANGE, JOB),
    "jobs.again_post": Door(OFFICE_AND_KEEPER, CHANGE, JOB),
    "jobs.outbox_page": Door(KEEPERS, PAGE),
    "jobs.release_outbox_post": Door(KEEPERS, CHANGE),
    "jobs.send_again_post": Door(KEEPERS, CHANGE, MAIL),
    "jobs.drop_post": Door(KEEPERS, CHANGE, MAIL),
}


def people(world: World) -> tuple[Person | None, ...]:
    """Everybody who may stand before a door: one person of each role, and somebody who is not signed in."""
    return (None, world.reader, world.editor, world.worker, world.manager, world.administrator)


def opener(door: Door, world: World) -> Person | None:
    """Somebody who may open a door: nobody in particular where all may, else the manager or the first."""
    if None in door.who:
        return None
    return next(p for p in (world.manager, world.worker, *world.people) if p.role in door.who)
