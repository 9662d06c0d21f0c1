"""Doors of the territories: who answers for which, from when to when, and what there is in each."""

from uuid import UUID

from flask import Response, flash, request, url_for

from crm.accounts.queries import worker_names
from crm.core.problems import Missing
from crm.i18n import gettext as _
from crm.territory import queries, service
from crm.territory.forms import AssignForm, DayForm, EndForm, NewAssignment, TerritoryForm
from crm.territory.messages import ASSIGNMENT_NAMES, KIND_NAMES
from crm.territory.models import AssignmentKind, Kind
from crm.territory.queries import AssignmentRow, TerritoryRow
from crm.territory.views.door import day_asked, pages, see, tabs
from crm.web.access import Can
from crm.web.forms import offered
from crm.web.rendering import page
from crm.web.site import session, today


@pages.get("/territories", access=Can.SEE_PLACES)
def territories() -> Response:
    """The territories as of a day: holders, deputies, and how many places of each kind."""
    return _territories(TerritoryForm(), 200)


def _territories(new: TerritoryForm, status: int) -> Response:
    day = day_asked()
    form = DayForm(request.args)
    form.validate()
    counts = queries.place_counts(session(), day)
    kinds = [kind for kind in Kind if any(counted_kind is kind for _town, counted_kind in counts)]
    who = queries.assignments(session(), day)
    return page(
        "territory/territories.html",
        tabs=tabs("territory.territories"),
        form=form,
        new=new,
        day=day,
        as_of=None if day == today() else day,
        towns=queries.territories(session()),
        kinds=kinds,
        kind_names=KIND_NAMES,
        counts=counts,
        holders=_by_town(who, AssignmentKind.HOLDER),
        deputies=_by_town(who, AssignmentKind.DEPUTY),
        status=status,
    )


def _by_town(who: list[AssignmentRow], kind: AssignmentKind) -> dict[UUID, list[str]]:
    named: dict[UUID, list[str]] = {}
    for row in who:
        if row.kind is kind:
            named.setdefault(row.territory_id, []).append(row.worker)
    return named


@pages.post("/territories", access=Can.KEEP_PLACES)
def add_territory() -> Response:
    """Add a territory."""
    form = TerritoryForm(request.form)
    if form.accepts(lambda made: service.add_territory(session(), *made)):
        flash(_("地域「%(name)s」を加えました。", name=form.name.data), "success")
        return see(url_for(".territories"))
    return _territories(form, 422)


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
    return page(
        "territory/territory.html",
        town=town,
        form=form,
        today=today(),
        rows=_assignments(town),
        kinds=[kind for kind in Kind if counts.get((town.id, kind))],
        kind_names=KIND_NAMES,
        counts=counts,
        assignment_names=ASSIGNMENT_NAMES,
        status=status,
    )


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
    service.take_back_assignment(session(), assignment_id, today=today())
    flash(_("担当を取り消しました。"), "success")
    return see(url_for(".territory", territory_id=_town(territory_id).id))
