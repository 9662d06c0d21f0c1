"""Doors of visits: today, records of contacts."""

import re
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, flash, request, url_for
from wtforms import HiddenField

from crm.core.months import Month
from crm.core.problems import Missing, Problem
from crm.core.wareki import weekday
from crm.groups import queries as people
from crm.i18n import gettext as _
from crm.territory import access
from crm.territory import queries as territory
from crm.territory.messages import CONFIDENTIAL_NAMES, KIND_NAMES
from crm.visits import plan_queries, queries, service
from crm.visits.forms import RecordForm, WithdrawForm, id_given
from crm.visits.messages import MET_NAMES, SUPPORT_NAMES, WAY_NAMES
from crm.visits.models import Call, CallState, Record, Way
from crm.visits.plan_queries import CallRow
from crm.visits.queries import PlannedCall, RecordFilter
from crm.web.access import Can, may
from crm.web.forms import whole_number
from crm.web.pages import Pages, see
from crm.web.rendering import page
from crm.web.site import clock, me, session, today

pages = Pages("visits", __name__, template_folder="templates")

MOST_OFFERED = 8
"""People offered to tap as met; a hamlet may have 57 posts."""

NAMES = {"ways": WAY_NAMES, "supports": SUPPORT_NAMES, "mets": MET_NAMES, "confidentials": CONFIDENTIAL_NAMES}


REPORT_PATH = re.compile(r"/reports/(\d{4}-\d\d)(/[\w%/-]*)?(\?[\w%=&+-]*)?", re.ASCII)
"""Addresses of the reports that one may be led back to."""


class WayBack(NamedTuple):
    """Where a record was opened from: a label and an address of our own."""

    label: str
    url: str


def _way_back() -> WayBack | None:
    """The page that `from` in the address names, if one may be led back to it; whatever else it says is ignored."""
    asked = request.args.get("from", "")
    if asked == url_for(".today"):
        return WayBack(_("今日"), asked)
    if found := REPORT_PATH.fullmatch(asked):
        try:
            return WayBack(_("%(month)sの報告", month=Month.parse(found[1]).wareki()), asked)
        except Problem:
            return None
    return None


def reach() -> access.Reach:
    """Whose text the signed-in person may read."""
    return access.reach_of(session(), me(), today())


@pages.get("/today", access=Can.RECORD_CONTACTS, endpoint="today")
def today_page() -> Response:
    day, mine = today(), me().account_id
    calls = plan_queries.calls_of_worker_on(session(), mine, day)
    later = queries.next_day_waiting(session(), mine, after=day) if not calls else None
    coming = plan_queries.calls_of_worker_on(session(), mine, later) if later else []
    mine_to_read = reach()
    done = queries.records(session(), RecordFilter(worker_id=mine, written_on=day), mine_to_read)
    towns = [t for t in territory.territories(session()) if t.id in mine_to_read.territories]
    return page(
        "visits/today.html",
        day=day,
        calls=calls,
        later=later,
        coming=[call for call in coming if _waits(call)],
        done=done,
        towns=towns,
        names=NAMES,
        kinds=KIND_NAMES,
    )


@pages.get("/records/new", access=Can.RECORD_CONTACTS)
def new_record() -> Response:
    day = today()
    place_id, call_id = id_given(request.args.get("place")), id_given(request.args.get("call"))
    call = session().get(Call, call_id) if call_id else None
    if call is not None:
        place_id, day = call.place_id, min(call.on, day)
        if known := queries.record_of_call(session(), call.id):
            return see(url_for(".record", record_id=known))
    elif call_id is not None and place_id is None:
        raise Missing(
            "not_found"
        )  # with its place, one that planning took away meanwhile is a visit all the same
    planned = queries.planned_call(session(), place_id, day)
    is_open = planned is not None and planned.record_id is None
    offered = (Way.REGULAR if is_open else Way.EXTRA if place_id else Way.PHONE).value
    form = RecordForm(
        data={
            "record_id": str(service.fresh_id()),
            "place": str(place_id or ""),
            "call": str(planned.id) if planned and is_open else "",
            "on": day,
            "way": request.args.get("way") or offered,
            "way_offered": offered,
            "met": "met",
            "confidential": "open",
        }
    )
    return _record_form(form, place_id, day, 200, planned=planned)


def _record_form(
    form: RecordForm,
    place_id: UUID | None,
    day: date,
    status: int,
    *,
    planned: PlannedCall | None,
    known: Record | None = None,
) -> Response:
    place = queries.place_called(session(), place_id, day) if place_id else None
    if place_id and place is None:
        raise Missing("not_found")
    form.offer_holders(_holders(place_id, day))
    return page(
        "visits/record_form.html",
        form=form,
        place=place,
        planned=planned,
        planned_day=_month_day(planned.on) if planned else "",
        is_mine=planned is not None and planned.worker_id == me().account_id,
        answered_by=planned.record_id if planned and planned.record_id != _typed_id(form.record_id) else None,
        before=queries.earlier_records(session(), place_id, reach()) if place_id and not known else [],
        known=known,
        back=_way_back(),
        names=NAMES,
        status=status,
    )


def _month_day(day: date) -> str:
    """A day near enough to need no year: 5月12日(火)."""
    return _("%(month)s月%(day)s日(%(weekday)s)", month=day.month, day=day.day, weekday=weekday(day))


def _holders(place_id: UUID | None, day: date) -> list[str]:
    """Who holds a post of a place on a day, as one says it, each person once: 区長・自治会長 佐藤 正さん."""
    posts: dict[UUID, tuple[str, list[str]]] = {}
    for one in people.holders(session(), place_id, day) if place_id else []:
        posts.setdefault(one.person_id, (one.name, []))[1].append(one.post)
    return [
        _("%(posts)s %(name)sさん", posts="・".join(titles), name=name)
        for name, titles in list(posts.values())[:MOST_OFFERED]
    ]


@pages.post("/records/new", access=Can.RECORD_CONTACTS)
def keep_record() -> Response:
    form = RecordForm(request.form)
    if form.accepts(
        lambda log: service.keep_record(session(), log, by=me().account_id, today=today(), now=clock().now())
    ):
        flash(_("記録しました。"), "success")
        kept = session().get_one(Record, UUID(str(form.record_id.data)))
        _tell_of_plan(kept)
        _tell_when_late(kept)
        return see(url_for(".record", record_id=kept.id, kept=1))
    return _form_again(form)


def _form_again(form: RecordForm, *, known: Record | None = None) -> Response:
    """The form as it was sent, with what is wrong in it and with what the day that was typed asks for."""
    place_id, day = _typed_id(form.place), form.on.data or today()
    planned = queries.planned_call(session(), place_id, day)
    return _record_form(form, place_id, day, 422, planned=planned, known=known)


def _tell_of_plan(kept: Record) -> None:
    """Say what became of the call that the month's plan held for the place, where one might wonder."""
    planned = queries.planned_call(session(), kept.place_id, kept.on)
    if planned is None:
        return
    if planned.record_id == kept.id and planned.on != kept.on:
        flash(_("%(day)sに予定の訪問の記録になりました。", day=_month_day(planned.on)), "info")
    elif planned.record_id is None:
        flash(_("%(day)sに予定の訪問は、残っています。", day=_month_day(planned.on)), "info")


def _tell_when_late(kept: Record) -> None:
    """Say so when a record counts in a later month, because its own is closed."""
    if kept.counted_in != str(Month.of(kept.on)):
        flash(
            _(
                "%(own)sは確定しているので、%(counted)sに数えます。",
                own=Month.of(kept.on).wareki(),
                counted=Month.parse(kept.counted_in).wareki(),
            ),
            "info",
        )


def _typed_id(field: HiddenField) -> UUID | None:
    try:
        return id_given(field.data)
    except Problem:
        return None


@pages.get("/records", access=Can.SEE_RECORDS)
def records() -> Response:
    """Records of a place, a worker or all, the newest first."""
    try:
        narrowed = RecordFilter(
            place_id=id_given(request.args.get("place")),
            worker_id=id_given(request.args.get("worker")),
        )
        before = _mark(request.args.get("before", ""))
    except (Problem, ValueError) as why:
        raise Missing("not_found") from why
    rows = queries.records(session(), narrowed, reach(), before=before)
    shown = rows[: queries.TIMELINE_ROWS]
    more = f"{shown[-1].on.isoformat()}_{shown[-1].id}" if len(rows) > len(shown) else None
    return page("visits/records.html", rows=shown, more=more, narrowed=narrowed, names=NAMES)


def _mark(text: str) -> tuple[date, UUID] | None:
    """Where the page before ended."""
    if not text:
        return None
    day, _sep, record_id = text.partition("_")
    return date.fromisoformat(day), UUID(record_id)


@pages.get("/records/<uuid:record_id>", access=Can.SEE_RECORDS)
def record(record_id: UUID) -> Response:
    found, row = _record(record_id)
    return _record_page(found, row, WithdrawForm(), 200)


def _record_page(found: Record, row: queries.RecordRow, form: WithdrawForm, status: int) -> Response:
    kept = "kept" in request.args and may(me().role, Can.RECORD_CONTACTS)
    back = WayBack(_("今日"), url_for(".today")) if kept else _way_back()
    return page(
        "visits/record.html",
        record=found,
        row=row,
        may_correct=service.may_correct(found, reach()),
        kept=kept,
        following=_following(found) if kept else None,
        back=back,
        form=form,
        names=NAMES,
        status=status,
    )


def _following(kept: Record) -> CallRow | None:
    """The call of today's round that comes after the one just recorded and waits for its record; else the first."""
    calls = plan_queries.calls_of_worker_on(session(), me().account_id, today())
    here = next((n for n, call in enumerate(calls) if call.record_id == kept.id), -1)
    around = calls[here + 1 :] + calls[: here + 1]
    return next((call for call in around if _waits(call)), None)


def _waits(call: CallRow) -> bool:
    """Whether a call is still to be made."""
    return call.record_id is None and call.state is CallState.PLANNED


def _record(record_id: UUID) -> tuple[Record, queries.RecordRow]:
    found = queries.record(session(), record_id, reach())
    if found is None:
        raise Missing("not_found")
    return found


@pages.get("/records/<uuid:record_id>/edit", access=Can.RECORD_CONTACTS)
def edit_record(record_id: UUID) -> Response:
    found = _own(record_id)
    log = service.log_of(found)
    form = RecordForm(
        data={
            "record_id": str(found.id),
            "place": str(found.place_id or ""),
            "call": str(found.call_id or ""),
            "rev": str(found.rev),
            "on": log.on,
            "way": log.way.value,
            "met": log.met.value,
            "supports": [one.value for one in log.supports],
            "attendance": log.attendance,
            "heard": log.heard,
            "confidential": log.confidential.value,
            "apart": log.apart,
        }
    )
    form.tell_met(log.met_whom, _holders(found.place_id, found.on))
    planned = queries.planned_call(session(), found.place_id, found.on)
    return _record_form(form, found.place_id, found.on, 200, planned=planned, known=found)


def _own(record_id: UUID) -> Record:
    """The record, if it may be corrected by the one who asks; text of others never reaches a form."""
    found, _row = _record(record_id)
    if not service.may_correct(found, reach()) or found.withdrawn_at is not None:
        raise Missing("not_found")
    return found


@pages.post("/records/<uuid:record_id>/edit", access=Can.RECORD_CONTACTS)
def correct_record(record_id: UUID) -> Response:
    found = _own(record_id)
    form = RecordForm(request.form)
    form.record_id.data = str(record_id)
    rev, answered = whole_number(form.rev.data) or 0, found.call_id
    if form.accepts(
        lambda log: service.correct_record(session(), log, rev=rev, reach=reach(), today=today())
    ):
        flash(_("記録を直しました。前の内容は変更の記録に残っています。"), "success")
        if found.call_id != answered:
            _tell_of_plan(found)
        return see(_record_url(record_id))
    if rev != found.rev:
        form.rev.data = str(found.rev)  # told of the other version: sent again, this one replaces it
    return _form_again(form, known=found)


def _record_url(record_id: UUID) -> str:
    """The page of a record that keeps its way back."""
    parts: dict[str, Any] = {"record_id": record_id}
    if back := _way_back():
        parts["from"] = back.url
    return url_for(".record", **parts)


@pages.post("/records/<uuid:record_id>/withdraw", access=Can.RECORD_CONTACTS)
def withdraw_record(record_id: UUID) -> Response:
    _own(record_id)
    form = WithdrawForm(request.form)
    if form.accepts(
        lambda why: service.withdraw_record(session(), record_id, why, reach=reach(), now=clock().now())
    ):
        flash(_("記録を取り消しました。"), "success")
        return see(_record_url(record_id))
    return _record_page(*_record(record_id), form, 422)
