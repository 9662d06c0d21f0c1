"""Doors of the territories: who answers for which, from when to when, and what there is in each."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Response, flash, request, url_for

from crm.accounts.queries import worker_names
from crm.core.problems import Missing
from crm.i18n import gettext as _
from crm.territory import queries, service
from crm.territory.forms import (
    AssignForm,
    AssignSeveralForm,
    DayForm,
    EndForm,
    NewAssignment,
    TerritoryForm,
)
from crm.territory.messages import ASSIGNMENT_NAMES, KIND_NAMES
from crm.territory.models import AssignmentKind, Kind
from crm.territory.queries import AssignmentRow, TerritoryRow
from crm.territory.rules import Vacancy, holds_on, vacancies
from crm.territory.views.door import day_asked, pages, tabs
from crm.web.access import Can, may
from crm.web.forms import offered
from crm.web.pages import see
from crm.web.rendering import page
from crm.web.site import me, session, today

LONGEST_KNOWN = 3
"""Territories that are named one by one when a worker was assigned to several."""


@dataclass(frozen=True)
class Answering:
    """Who answers for a territory on a day, and when nobody does, then or later."""

    holders: tuple[str, ...]
    deputies: tuple[str, ...]
    vacancy: Vacancy | None


@pages.get("/territories", access=Can.SEE_PLACES)
def territories() -> Response:
    """The territories as of a day: holders, deputies, and how many places of each kind."""
    return _territories(TerritoryForm(), AssignSeveralForm(data={"from_on": today()}), 200)


def _territories(new: TerritoryForm, several: AssignSeveralForm, status: int) -> Response:
    day = day_asked()
    form = DayForm(request.args)
    form.validate()
    counts = queries.place_counts(session(), day)
    towns = queries.territories(session())
    who = _answering(towns, day)
    if may(me().role, Can.KEEP_PLACES):
        _offer(several, towns)
    return page(
        "territory/territories.html",
        tabs=tabs("territory.territories"),
        form=form,
        new=new,
        several=several,
        day=day,
        as_of=None if day == today() else day,
        towns=towns,
        kinds=[kind for kind in Kind if any(counted_kind is kind for _town, counted_kind in counts)],
        kind_names=KIND_NAMES,
        counts=counts,
        who=who,
        unheld=any(not one.holders for one in who.values()),
        hints={str(town.id): "、".join(who[town.id].holders) or _("担当なし") for town in towns},
        status=status,
    )


def _answering(towns: list[TerritoryRow], day: date) -> dict[UUID, Answering]:
    rows = queries.assignments(session(), day, ended=True)
    vacant = queries.vacancies_from(rows, day)

    def named(town: TerritoryRow, kind: AssignmentKind) -> tuple[str, ...]:
        return tuple(
            row.worker
            for row in rows
            if row.territory_id == town.id and row.kind is kind and holds_on(row.from_on, row.to_on, day)
        )

    return {
        town.id: Answering(
            named(town, AssignmentKind.HOLDER), named(town, AssignmentKind.DEPUTY), vacant.get(town.id)
        )
        for town in towns
    }


def _offer(form: AssignSeveralForm, towns: list[TerritoryRow]) -> None:
    form.account.choices = offered(worker_names(session()))
    form.territories.choices = offered((town.id, town.name) for town in towns)


@pages.post("/territories", access=Can.KEEP_PLACES)
def add_territory() -> Response:
    """Add a territory."""
    form = TerritoryForm(request.form)
    if form.accepts(lambda made: service.add_territory(session(), *made)):
        flash(_("地域「%(name)s」を加えました。", name=form.name.data), "success")
        return see(url_for(".territories"))
    return _territories(form, AssignSeveralForm(data={"from_on": today()}), 422)


@pages.post("/territories/assign", access=Can.KEEP_PLACES)
def assign_several() -> Response:
    """Let somebody answer for several territories from a day on."""
    towns, form = queries.territories(session()), AssignSeveralForm(request.form)
    _offer(form, towns)

    def assign_them(new: NewAssignment) -> None:
        service.assign_several(
            session(), form.chosen(), new.account_id, new.kind, from_on=new.from_on, to_on=new.to_on
        )

    if form.accepts(assign_them):
        chosen = set(form.chosen())
        names = [town.name for town in towns if town.id in chosen]
        flash(
            _("%(names)sの担当を決めました。", names="、".join(names))
            if len(names) <= LONGEST_KNOWN
            else _("%(n)sつの地域の担当を決めました。", n=len(names)),
            "success",
        )
        return see(url_for(".territories"))
    return _territories(TerritoryForm(), form, 422)


@pages.get("/territories/<uuid:territory_id>", access=Can.SEE_PLACES)
def territory(territory_id: UUID) -> Response:
    """One territory: who answered for it, from when to when."""
    return _territory(_town(territory_id), AssignForm(data={"from_on": today()}), 200)


def _town(territory_id: UUID) -> TerritoryRow:
    found = next((town for town in queries.territories(session()) if town.id == territory_id), None)
    if found is None:
        raise Missing("not_found")
    return found


def _assignments(town: TerritoryRow) -> list[AssignmentRow]:
    """Everybody who ever answered for a territory, the latest first."""
    rows = queries.assignments(session(), today(), ended=True)
    return sorted(
        (row for row in rows if row.territory_id == town.id), key=lambda row: row.from_on, reverse=True
    )


def _territory(town: TerritoryRow, form: AssignForm, status: int) -> Response:
    form.account.choices = offered(worker_names(session()))
    counts = queries.place_counts(session(), today(), of=town.id)
    rows = _assignments(town)
    empty = vacancies((row.from_on, row.to_on) for row in rows if row.kind is AssignmentKind.HOLDER)
    told: list[AssignmentRow | Vacancy] = [*rows, *empty]
    return page(
        "territory/territory.html",
        town=town,
        form=form,
        today=today(),
        rows=sorted(told, key=lambda row: row.from_on, reverse=True),
        vacancy=queries.vacancies_from(rows, today()).get(town.id),
        kinds=[kind for kind in Kind if counts.get((town.id, kind))],
        kind_names=KIND_NAMES,
        counts=counts,
        assignment_names=ASSIGNMENT_NAMES,
        status=status,
    )


@pages.get("/territories/<uuid:territory_id>/correct", access=Can.KEEP_PLACES)
def correct_territory(territory_id: UUID) -> Response:
    """How a territory is written, and where it stands in lists."""
    town = _town(territory_id)
    form = TerritoryForm(data={"name": town.name, "kana": town.kana, "code": town.code})
    return page("territory/correct_territory.html", town=town, form=form)


@pages.post("/territories/<uuid:territory_id>/correct", access=Can.KEEP_PLACES)
def correct_territory_post(territory_id: UUID) -> Response:
    """Correct how a territory is written, and where it stands in lists."""
    town, form = _town(territory_id), TerritoryForm(request.form)
    if form.accepts(lambda made: service.correct_territory(session(), territory_id, *made)):
        flash(_("地域「%(name)s」を直しました。", name=form.name.data), "success")
        return see(url_for(".territory", territory_id=territory_id))
    return page("territory/correct_territory.html", town=town, form=form, status=422)


@pages.post("/territories/<uuid:territory_id>/assign", access=Can.KEEP_PLACES)
def assign(territory_id: UUID) -> Response:
    """Let somebody answer for a territory from a day on."""
    town, form = _town(territory_id), AssignForm(request.form)
    form.account.choices = offered(worker_names(session()))

    def assign_it(new: NewAssignment) -> None:
        service.assign(
            session(), territory_id, new.account_id, new.kind, from_on=new.from_on, to_on=new.to_on
        )

    if form.accepts(assign_it):
        flash(_("担当を決めました。"), "success")
        return see(url_for(".territory", territory_id=territory_id))
    return _territory(town, form, 422)


@pages.get("/territories/<uuid:territory_id>/assignments/<uuid:assignment_id>/end", access=Can.KEEP_PLACES)
def end(territory_id: UUID, assignment_id: UUID) -> Response:
    """From which day on somebody does not answer for a territory any more."""
    return _end_page(territory_id, assignment_id, EndForm(data={"on": today()}), 200)


def _end_page(territory_id: UUID, assignment_id: UUID, form: EndForm, status: int) -> Response:
    town = _town(territory_id)
    row = next((one for one in _assignments(town) if one.id == assignment_id), None)
    if row is None:
        raise Missing("not_found")
    return page(
        "territory/end.html", town=town, row=row, form=form, assignment_names=ASSIGNMENT_NAMES, status=status
    )


@pages.post("/territories/<uuid:territory_id>/assignments/<uuid:assignment_id>/end", access=Can.KEEP_PLACES)
def end_assignment(territory_id: UUID, assignment_id: UUID) -> Response:
    """Say from which day on somebody does not answer for a territory any more."""
    form = EndForm(request.form)
    if form.accepts(lambda on: service.end_assignment(session(), assignment_id, on=on)):
        flash(_("担当の終わりを決めました。"), "success")
        return see(url_for(".territory", territory_id=territory_id))
    return _end_page(territory_id, assignment_id, form, 422)


@pages.post(
    "/territories/<uuid:territory_id>/assignments/<uuid:assignment_id>/take-back", access=Can.KEEP_PLACES
)
def take_back_assignment(territory_id: UUID, assignment_id: UUID) -> Response:
    """Remove an assignment that was a slip and has not begun before today."""
    goes_on = service.take_back_assignment(session(), assignment_id, today=today())
    if goes_on is None:
        flash(_("担当を取り消しました。"), "success")
    else:
        flash(_("担当を取り消しました。前の担当が続きます。"), "success")
    return see(url_for(".territory", territory_id=_town(territory_id).id))
