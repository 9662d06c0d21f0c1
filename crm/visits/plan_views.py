"""Doors of the month's plan."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, flash, request, url_for

from crm.accounts.queries import names, worker_names
from crm.core.months import Month
from crm.core.problems import Conflict, Missing, Problem
from crm.i18n import gettext as _
from crm.jobs.queries import job as job_row
from crm.territory.messages import KIND_NAMES
from crm.territory.models import Kind
from crm.territory.queries import territories
from crm.visits import due_queries, plan_jobs, plan_queries, plan_service, queries
from crm.visits.calendar import Week, weeks_of, working_days
from crm.visits.forms import AddCallForm, CancelForm, IntervalForm, MoveForm, id_given
from crm.visits.messages import PLAN_NAMES
from crm.visits.models import Call
from crm.web.access import Can, may
from crm.web.forms import month_or_missing, offered, whole_number
from crm.web.pages import Pages, see
from crm.web.rendering import page
from crm.web.site import clock, me, session, today
from crm.web.words import words_for

pages = Pages("plan", __name__, template_folder="templates")


@pages.get("/plan", access=Can.SEE_PLAN, endpoint="show")
def this_month() -> Response:
    return month_page(str(Month.of(today())))


@pages.get("/plan/<month>", access=Can.SEE_PLAN, endpoint="month")
def month_page(month: str) -> Response:
    """A month at a glance, and one week of one worker call by call."""
    wanted = month_or_missing(month)
    plan = plan_queries.plan(session(), wanted)
    counts = plan_queries.call_counts(session(), plan.id) if plan else {}
    workers = _workers({worker_id for worker_id, _day in counts})
    chosen = _chosen_worker(workers)
    weeks = weeks_of(wanted, {*working_days(wanted), *(day for _worker, day in counts)})
    week = _chosen_week(weeks, {day for worker_id, day in counts if worker_id == chosen})
    start = whole_number(request.args.get("from")) or 0
    listed = (
        plan_queries.calls_of_week(session(), plan.id, chosen, week, start=start) if plan and chosen else []
    )
    return page(
        "visits/plan.html",
        month=wanted,
        plan=plan,
        weeks=weeks,
        week=week,
        workers=workers,
        totals=_totals(weeks, counts),
        counts=counts,
        chosen=chosen,
        calls=listed[: plan_queries.WEEK_ROWS],
        start=start,
        more=len(listed) > plan_queries.WEEK_ROWS,
        rows=plan_queries.WEEK_ROWS,
        kinds=KIND_NAMES,
        states=PLAN_NAMES,
        over=wanted < Month.of(today()),
        today=today(),
        made=_made(wanted),
        under_way=plan_jobs.under_way(session(), wanted) if may(me().role, Can.MAKE_PLAN) else None,
    )


def _workers(busy: set[UUID]) -> dict[UUID, str]:
    """Names of those who have calls in a month, in kana order; those who were stopped at the end."""
    active = worker_names(session())
    gone = names(session(), busy - {account_id for account_id, _name in active})
    return {
        **{account_id: name for account_id, name in active if account_id in busy},
        **dict(sorted(gone.items(), key=lambda pair: pair[1])),
    }


def _chosen_worker(workers: Mapping[UUID, str]) -> UUID | None:
    """Whose calls are listed: those asked for, else one's own, else those of the first."""
    try:
        asked = id_given(request.args.get("worker"))
    except Problem:
        asked = None
    return next((one for one in (asked, me().account_id) if one in workers), next(iter(workers), None))


def _chosen_week(weeks: Sequence[Week], busy: Collection[date]) -> Week:
    """The week that is asked for by any of its days, else that of today, or where it is empty the first with calls."""
    day = _day_or_none(request.args.get("week"))
    if day is not None and (found := next((week for week in weeks if day in week), None)):
        return found
    with_calls = [week for week in weeks if any(day in week for day in busy)]
    now = [week for week in weeks if today() in week and today() <= week.last]
    coming = [week for week in with_calls if week.last >= today()]
    return next(iter([*(week for week in now if week in with_calls), *coming, *with_calls, *now, *weeks]))


def _day_or_none(text: str | None) -> date | None:
    """A day as our own addresses write it; None for anything else."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _totals(
    weeks: Sequence[Week], counts: Mapping[tuple[UUID, date], int]
) -> Mapping[tuple[UUID, date | None], int]:
    """How many calls a worker has in a week, by its first day, and (None) in the whole month."""
    first = {day: week.first for week in weeks for day in week.days}
    totals: Counter[tuple[UUID, date | None]] = Counter()
    for (worker_id, day), count in counts.items():
        totals[worker_id, first[day]] += count
        totals[worker_id, None] += count
    return totals


def _made(month: Month) -> Mapping[str, Any] | None:
    """What the proposal did that this page is the result of, with the names of towns that nobody holds."""
    if "made" not in request.args or not may(me().role, Can.MAKE_PLAN):
        return None
    try:
        made = job_row(session(), UUID(request.args["made"]))
    except (ValueError, Missing):
        return None
    if made.kind != plan_jobs.PROPOSE or made.arguments.get("month") != str(month) or not made.result:
        return None
    unheld = set(made.result["unheld"])
    towns = [town.name for town in territories(session()) if str(town.id) in unheld] if unheld else []
    return {**made.result, "towns": towns}


@pages.post("/plan/<month>/propose", access=Can.MAKE_PLAN)
def propose(month: str) -> Response:
    """Let the month be proposed; pressed twice, it is done once."""
    wanted = month_or_missing(month)
    job_id = plan_jobs.ask(session(), wanted, by=me().account_id, today=today(), now=clock().now())
    return see(url_for("jobs.show", job_id=job_id))


@pages.post("/plan/<month>/publish", access=Can.MAKE_PLAN)
def publish(month: str) -> Response:
    plan_service.publish(session(), month_or_missing(month), now=clock().now())
    flash(_("計画を公開しました。"), "success")
    return see(url_for(".month", month=month))


@pages.get("/plan/calls/<uuid:call_id>", access=Can.RECORD_CONTACTS)
def call(call_id: UUID) -> Response:
    row = plan_queries.call_row(session(), call_id)
    return _left(call_id) if row is None else _call_page(row, _shown(row), CancelForm(), 200)


def _left(call_id: UUID) -> Response:
    """A call that a page still shows and that is in no plan any more: say so, where it was."""
    was = plan_queries.left_call(session(), call_id)
    if was is None:
        raise Missing("not_found")
    flash(
        _(
            "この予定は、もう計画にありません。案を作り直したときに外れたか、別の予定になっています。いまの計画を見てください。"
        ),
        "info",
    )
    return see(
        url_for(".month", month=str(Month.of(was.on)), worker=str(was.worker_id), week=was.on.isoformat())
    )


def _shown(row: plan_queries.CallRow) -> MoveForm:
    return _move_form(data={"on": row.on, "worker": str(row.worker_id), "seen": row.mark})


def _move_form(**values: object) -> MoveForm:
    form = MoveForm(**values)
    form.worker.choices = offered(worker_names(session()))
    return form


def _call_page(row: plan_queries.CallRow, form: MoveForm, cancel: CancelForm, status: int) -> Response:
    form.seen.data = cancel.seen.data = row.mark  # told of a change: sent again, this is meant
    return page(
        "visits/call.html",
        row=row,
        worker=names(session(), {row.worker_id}).get(row.worker_id, ""),
        form=form,
        cancel=cancel,
        month=Month.of(row.on),
        kinds=KIND_NAMES,
        back=_place_of(row.on, row.worker_id),
        status=status,
    )


def _place_of(on: date, worker_id: UUID) -> str:
    """The page of the week and worker that a call belongs to."""
    return url_for(".month", month=str(Month.of(on)), worker=str(worker_id), week=on.isoformat())


@pages.post("/plan/calls/<uuid:call_id>/move", access=Can.RECORD_CONTACTS)
def move_call(call_id: UUID) -> Response:
    row = plan_queries.call_row(session(), call_id)
    if row is None:
        return _left(call_id)
    form = _move_form(formdata=request.form)
    if form.validate() and form.on.data is not None:
        on, worker = form.on.data, UUID(form.worker.data)
        try:
            moved = plan_service.move_call(
                session(), call_id, on=on, worker_id=worker, seen=form.seen.data or None
            )
        except Problem as problem:
            form.refuse(problem)
        else:
            flash(_("予定を移しました。"), "success")
            return _at(moved)
    return _call_page(row, form, CancelForm(), 422)


def _at(call: Call) -> Response:
    """Back to where a call stands now: its week, its worker, and itself."""
    week = next(w for w in weeks_of(Month.of(call.on), [call.on]) if call.on in w)
    session().flush()
    start = plan_queries.start_of_page(session(), call, week)
    further = f"&from={start}" if start else ""
    return see(f"{_place_of(week.first, call.worker_id)}{further}#call-{call.id}")


@pages.post("/plan/calls/<uuid:call_id>/shift", access=Can.RECORD_CONTACTS)
def shift_call(call_id: UUID) -> Response:
    """One place earlier or later; where others were quicker, the order as it is now is shown."""
    if (row := plan_queries.call_row(session(), call_id)) is None:
        return _left(call_id)
    number = whole_number(request.form.get("number"))
    seen_at = None if number is None else (_day_or_none(request.form.get("on")) or row.on, number)
    try:
        plan_service.shift_call(session(), call_id, up=request.form.get("to") == "up", seen_at=seen_at)
    except Conflict as problem:
        flash(words_for(problem), "warning")
    return _at(plan_service.call_of(session(), call_id))


@pages.post("/plan/calls/<uuid:call_id>/cancel", access=Can.RECORD_CONTACTS)
def cancel_call(call_id: UUID) -> Response:
    row = plan_queries.call_row(session(), call_id)
    if row is None:
        return _left(call_id)
    cancel = CancelForm(request.form)
    seen = cancel.seen.data or None
    if cancel.accepts(lambda reason: plan_service.cancel_call(session(), call_id, reason, seen=seen)):
        flash(_("予定を取りやめました。"), "success")
        return _at(plan_service.call_of(session(), call_id))
    return _call_page(row, _shown(row), cancel, 422)


@pages.get("/plan/calls/new", access=Can.RECORD_CONTACTS)
def new_call() -> Response:
    place_id = id_given(request.args.get("place"))
    if place_id is None:
        raise Missing("not_found")
    form = _add_form(data={"place": str(place_id), "on": today(), "worker": str(me().account_id)})
    return _new_call_page(form, place_id, 200)


def _add_form(**values: object) -> AddCallForm:
    form = AddCallForm(**values)
    form.worker.choices = offered(worker_names(session()))
    return form


def _new_call_page(form: AddCallForm, place_id: UUID, status: int) -> Response:
    place = queries.place_called(session(), place_id, today())
    if place is None:
        raise Missing("not_found")
    return page("visits/new_call.html", form=form, place_id=place_id, name=place.name, status=status)


@pages.post("/plan/calls/new", access=Can.RECORD_CONTACTS)
def add_call() -> Response:
    form = _add_form(formdata=request.form)
    place_id = id_given(form.place.data)
    if place_id is None:
        raise Missing("not_found")
    if form.validate() and form.on.data is not None:
        on, worker = form.on.data, UUID(form.worker.data)
        try:
            made = plan_service.add_call(
                session(), Month.of(on), place_id, on=on, worker_id=worker, now=clock().now()
            )
        except Problem as problem:
            form.refuse(problem)
        else:
            flash(_("予定を入れました。"), "success")
            return _at(made)
    return _new_call_page(form, place_id, 422)


@pages.get("/plan/intervals", access=Can.MAKE_PLAN)
def intervals() -> Response:
    return _intervals(IntervalForm(), 200)


def _intervals(form: IntervalForm, status: int) -> Response:
    known = due_queries.intervals(session())
    rows = [(KIND_NAMES[kind], due_queries.default_months(known, kind)) for kind in Kind]
    return page("visits/intervals.html", rows=rows, form=form, status=status)


@pages.post("/plan/intervals", access=Can.MAKE_PLAN)
def set_interval() -> Response:
    form = IntervalForm(request.form)
    if form.accepts(lambda made: plan_service.set_interval(session(), made[1], kind=made[0])):
        flash(_("訪問の間隔を決めました。次に案を作るときから使います。"), "success")
        return see(url_for(".intervals"))
    return _intervals(form, 422)
