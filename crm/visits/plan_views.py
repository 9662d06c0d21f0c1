"""Doors of the month's plan."""

from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from crm.accounts.queries import names, worker_names
from crm.core.months import Month
from crm.core.problems import Missing, Problem
from crm.i18n import gettext as _
from crm.territory.messages import KIND_NAMES
from crm.territory.models import Kind
from crm.territory.queries import names_on
from crm.visits import plan_queries, plan_service
from crm.visits.calendar import working_days
from crm.visits.forms import AddCallForm, CancelForm, IntervalForm, MoveForm, uuid_or_none
from crm.visits.messages import PLAN_NAMES
from crm.web.access import Can
from crm.web.forms import offered
from crm.web.pages import Pages
from crm.web.rendering import page
from crm.web.site import clock, me, session, today

pages = Pages("plan", __name__, template_folder="templates")


def month_or_missing(text: str) -> Month:
    """The month in an address; what is no month is no page."""
    try:
        return Month.parse(text)
    except Problem as why:
        raise Missing("not_found") from why


@pages.get("/plan", access=Can.SEE_PLAN, endpoint="show")
def this_month() -> Response:
    return month_page(str(Month.of(today())))


@pages.get("/plan/<month>", access=Can.SEE_PLAN, endpoint="month")
def month_page(month: str) -> Response:
    wanted = month_or_missing(month)
    plan = plan_queries.plan(session(), wanted)
    counts = plan_queries.call_counts(session(), plan.id) if plan else {}
    active = worker_names(session())
    gone = {worker_id for worker_id, _day in counts} - {worker_id for worker_id, _name in active}
    workers = active + sorted(names(session(), gone).items(), key=lambda pair: pair[1])
    busy = [(account_id, name) for account_id, name in workers if any(key[0] == account_id for key in counts)]
    chosen = _chosen_worker(dict(workers), [account_id for account_id, _name in busy])
    calls = plan_queries.calls_of_month(session(), plan.id, chosen) if plan and chosen else []
    return page(
        "visits/plan.html",
        month=wanted,
        plan=plan,
        days=sorted({*working_days(wanted), *(day for _worker, day in counts)}),
        workers=busy,
        counts=counts,
        chosen=chosen,
        chosen_name=dict(workers).get(chosen, "") if chosen else "",
        calls=calls,
        kinds=KIND_NAMES,
        states=PLAN_NAMES,
        over=wanted < Month.of(today()),
        today=today(),
    )


def _chosen_worker(known: dict[UUID, str], busy: list[UUID]) -> UUID | None:
    try:
        asked = uuid_or_none(request.args.get("worker"))
    except Problem:
        asked = None
    if asked in known:
        return asked
    if me().account_id in busy:
        return me().account_id
    return busy[0] if busy else None


@pages.post("/plan/<month>/propose", access=Can.MAKE_PLAN)
def propose(month: str) -> Response:
    wanted = month_or_missing(month)
    outcome = plan_service.propose_month(session(), wanted, today=today(), now=clock().now())
    flash(
        _(
            "計画の案を作りました。新しい予定%(added)s件、外した予定%(removed)s件、そのままの予定%(kept)s件。",
            added=outcome.added,
            removed=outcome.removed,
            kept=outcome.kept,
        ),
        "success",
    )
    if not outcome.added + outcome.kept + len(outcome.no_worker):
        flash(
            _(
                "この月に訪ねる先がありません。「訪問の間隔」で、種別ごとに何か月に1回訪ねるかを決めてください。"
            ),
            "info",
        )
    if outcome.no_worker:
        flash(
            _("担当のいない地域の訪問先が%(n)s件あります。担当を決めてください。", n=len(outcome.no_worker)),
            "warning",
        )
    if outcome.no_time:
        flash(_("日数が足りず入らなかった訪問先が%(n)s件あります。", n=len(outcome.no_time)), "warning")
    return _see(url_for(".month", month=month))


@pages.post("/plan/<month>/publish", access=Can.MAKE_PLAN)
def publish(month: str) -> Response:
    plan_service.publish(session(), month_or_missing(month), now=clock().now())
    flash(_("計画を公開しました。"), "success")
    return _see(url_for(".month", month=month))


@pages.get("/plan/calls/<uuid:call_id>", access=Can.RECORD_CONTACTS)
def call(call_id: UUID) -> Response:
    row = _call(call_id)
    form = _move_form(data={"on": row.on, "worker": str(row.worker_id)})
    return _call_page(row, form, CancelForm(), 200)


def _call(call_id: UUID) -> plan_queries.CallRow:
    row = plan_queries.call_row(session(), call_id)
    if row is None:
        raise Missing("not_found")
    return row


def _move_form(**values: object) -> MoveForm:
    form = MoveForm(**values)
    form.worker.choices = offered(worker_names(session()))
    return form


def _call_page(row: plan_queries.CallRow, form: MoveForm, cancel: CancelForm, status: int) -> Response:
    return page(
        "visits/call.html",
        row=row,
        form=form,
        cancel=cancel,
        month=Month.of(row.on),
        kinds=KIND_NAMES,
        status=status,
    )


@pages.post("/plan/calls/<uuid:call_id>/move", access=Can.RECORD_CONTACTS)
def move_call(call_id: UUID) -> Response:
    row = _call(call_id)
    form = _move_form(formdata=request.form)
    if form.validate() and form.on.data is not None:
        on, worker = form.on.data, UUID(form.worker.data)
        try:
            plan_service.move_call(session(), call_id, on=on, worker_id=worker)
        except Problem as problem:
            form.refuse(problem)
        else:
            flash(_("予定を移しました。"), "success")
            return _see(url_for(".month", month=str(Month.of(on)), worker=str(worker)))
    return _call_page(row, form, CancelForm(), 422)


@pages.post("/plan/calls/<uuid:call_id>/shift", access=Can.RECORD_CONTACTS)
def shift_call(call_id: UUID) -> Response:
    moved = plan_service.shift_call(session(), call_id, up=request.form.get("to") == "up")
    target = url_for(".month", month=str(Month.of(moved.on)), worker=str(moved.worker_id))
    return _see(f"{target}#call-{call_id}")


@pages.post("/plan/calls/<uuid:call_id>/cancel", access=Can.RECORD_CONTACTS)
def cancel_call(call_id: UUID) -> Response:
    row = _call(call_id)
    cancel = CancelForm(request.form)
    if cancel.accepts(lambda reason: plan_service.cancel_call(session(), call_id, reason)):
        flash(_("予定を取りやめました。"), "success")
        return _see(url_for(".month", month=str(Month.of(row.on)), worker=str(row.worker_id)))
    form = _move_form(data={"on": row.on, "worker": str(row.worker_id)})
    return _call_page(row, form, cancel, 422)


@pages.get("/plan/calls/new", access=Can.RECORD_CONTACTS)
def new_call() -> Response:
    place_id = uuid_or_none(request.args.get("place"))
    if place_id is None:
        raise Missing("not_found")
    form = _add_form(data={"place": str(place_id), "on": today(), "worker": str(me().account_id)})
    return _new_call_page(form, place_id, 200)


def _add_form(**values: object) -> AddCallForm:
    form = AddCallForm(**values)
    form.worker.choices = offered(worker_names(session()))
    return form


def _new_call_page(form: AddCallForm, place_id: UUID, status: int) -> Response:
    name = names_on(session(), {place_id}, today()).get(place_id)
    if name is None:
        raise Missing("not_found")
    return page("visits/new_call.html", form=form, place_id=place_id, name=name, status=status)


@pages.post("/plan/calls/new", access=Can.RECORD_CONTACTS)
def add_call() -> Response:
    form = _add_form(formdata=request.form)
    place_id = uuid_or_none(form.place.data)
    if place_id is None:
        raise Missing("not_found")
    if form.validate() and form.on.data is not None:
        month = Month.of(form.on.data)
        try:
            made = plan_service.add_call(
                session(),
                month,
                place_id,
                on=form.on.data,
                worker_id=UUID(form.worker.data),
                now=clock().now(),
            )
        except Problem as problem:
            form.refuse(problem)
        else:
            flash(_("予定を入れました。"), "success")
            return _see(url_for(".month", month=str(month), worker=str(made.worker_id)))
    return _new_call_page(form, place_id, 422)


@pages.get("/plan/intervals", access=Can.MAKE_PLAN)
def intervals() -> Response:
    return _intervals(IntervalForm(), 200)


def _intervals(form: IntervalForm, status: int) -> Response:
    known = plan_queries.intervals(session())
    rows = [(KIND_NAMES[kind], plan_queries.default_months(known, kind)) for kind in Kind]
    return page("visits/intervals.html", rows=rows, form=form, status=status)


@pages.post("/plan/intervals", access=Can.MAKE_PLAN)
def set_interval() -> Response:
    form = IntervalForm(request.form)
    if form.accepts(lambda made: plan_service.set_interval(session(), made[1], kind=made[0])):
        flash(_("訪問の間隔を決めました。次に案を作るときから使います。"), "success")
        return _see(url_for(".intervals"))
    return _intervals(form, 422)


def _see(target: str) -> Response:
    return redirect(target, 303)  # type: ignore[return-value]
