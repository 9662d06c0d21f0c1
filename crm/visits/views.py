"""Doors of visits: today, records of contacts."""

from datetime import date
from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from crm.core.months import Month
from crm.core.problems import Missing, Problem
from crm.groups import queries as people
from crm.i18n import gettext as _
from crm.territory import access
from crm.territory import queries as territory
from crm.territory.messages import CONFIDENTIAL_NAMES, KIND_NAMES
from crm.visits import plan_queries, plan_service, queries, service
from crm.visits.forms import RecordForm, WithdrawForm, uuid_or_none
from crm.visits.messages import MET_NAMES, SUPPORT_NAMES, WAY_NAMES
from crm.visits.models import Record, Way
from crm.visits.queries import RecordFilter
from crm.web.access import Can
from crm.web.forms import whole_number
from crm.web.pages import Pages
from crm.web.rendering import page
from crm.web.site import clock, me, session, today

pages = Pages("visits", __name__, template_folder="templates")

MOST_OFFERED = 8
"""People offered to tap as met; a hamlet may have 57 posts."""

NAMES = {"ways": WAY_NAMES, "supports": SUPPORT_NAMES, "mets": MET_NAMES, "confidentials": CONFIDENTIAL_NAMES}


def reach() -> access.Reach:
    """Whose text the signed-in person may read."""
    return access.reach_of(session(), me(), today())


@pages.get("/today", access=Can.RECORD_CONTACTS, endpoint="today")
def today_page() -> Response:
    day, mine = today(), me().account_id
    calls = plan_queries.calls_of_worker_on(session(), mine, day)
    later = plan_queries.next_day_of(session(), mine, after=day) if not calls else None
    done = queries.records(session(), RecordFilter(worker_id=mine, on=day), reach())
    held = access.territories_of(session(), mine, day)
    towns = [t for t in territory.territories(session()) if t.id in held]
    return page(
        "visits/today.html",
        day=day,
        calls=calls,
        later=later,
        coming=plan_queries.calls_of_worker_on(session(), mine, later) if later else [],
        done=done,
        towns=towns,
        names=NAMES,
        kinds=KIND_NAMES,
    )


@pages.get("/records/new", access=Can.RECORD_CONTACTS)
def new_record() -> Response:
    day = today()
    place_id, call_id = uuid_or_none(request.args.get("place")), uuid_or_none(request.args.get("call"))
    if call_id is not None:
        call = plan_service.call_of(session(), call_id)
        place_id, day = call.place_id, min(call.on, day)
        if known := queries.record_of_call(session(), call_id):
            return _see(url_for(".record", record_id=known))
    way = request.args.get("way") or (Way.REGULAR if call_id else Way.EXTRA if place_id else Way.PHONE).value
    form = RecordForm(
        data={
            "record_id": str(service.fresh_id()),
            "place": str(place_id or ""),
            "call": str(call_id or ""),
            "on": day,
            "way": way,
            "met": "met",
            "confidential": "open",
        }
    )
    return _record_form(form, place_id, day, 200)


def _record_form(
    form: RecordForm, place_id: UUID | None, day: date, status: int, *, known: Record | None = None
) -> Response:
    place = territory.card(session(), place_id, day) if place_id else None
    form.offer_holders(_holders(place_id, day))
    before = (
        queries.records(session(), RecordFilter(place_id=place_id), reach(), rows=3)[:3]
        if place_id and not known
        else []
    )
    return page(
        "visits/record_form.html",
        form=form,
        place=place,
        before=before,
        known=known,
        names=NAMES,
        status=status,
    )


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
        _tell_when_late(form)
        return _see(url_for(".record", record_id=form.record_id.data))
    return _record_form(form, _typed_place(form), form.on.data or today(), 422)


def _tell_when_late(form: RecordForm) -> None:
    """Say so when a record counts in a later month, because its own is closed."""
    kept = session().get(Record, UUID(str(form.record_id.data)))
    if kept is not None and kept.counted_in != str(Month.of(kept.on)):
        flash(
            _(
                "%(own)sは確定しているので、%(counted)sに数えます。",
                own=Month.of(kept.on).wareki(),
                counted=Month.parse(kept.counted_in).wareki(),
            ),
            "info",
        )


def _typed_place(form: RecordForm) -> UUID | None:
    try:
        return uuid_or_none(form.place.data)
    except Problem:
        return None


@pages.get("/records", access=Can.SEE_RECORDS)
def records() -> Response:
    """Records of a place, a worker or all, the newest first."""
    try:
        narrowed = RecordFilter(
            place_id=uuid_or_none(request.args.get("place")),
            worker_id=uuid_or_none(request.args.get("worker")),
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
    mine = service.may_correct(found, reach())
    return page(
        "visits/record.html", record=found, row=row, may_correct=mine, form=WithdrawForm(), names=NAMES
    )


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
        }
    )
    form.tell_met(log.met_whom, _holders(found.place_id, found.on))
    return _record_form(form, found.place_id, found.on, 200, known=found)


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
    rev = whole_number(form.rev.data) or 0
    if form.accepts(
        lambda log: service.correct_record(session(), log, rev=rev, reach=reach(), today=today())
    ):
        flash(_("記録を直しました。前の内容は変更の記録に残っています。"), "success")
        return _see(url_for(".record", record_id=record_id))
    if rev != found.rev:
        form.rev.data = str(found.rev)  # told of the other version: sent again, this one replaces it
    return _record_form(form, _typed_place(form), form.on.data or today(), 422, known=found)


@pages.post("/records/<uuid:record_id>/withdraw", access=Can.RECORD_CONTACTS)
def withdraw_record(record_id: UUID) -> Response:
    found = _own(record_id)
    form = WithdrawForm(request.form)
    if form.accepts(
        lambda why: service.withdraw_record(session(), record_id, why, reach=reach(), now=clock().now())
    ):
        flash(_("記録を取り消しました。"), "success")
        return _see(url_for(".record", record_id=record_id))
    row = queries.shown(session(), [found], reach())[0]
    return page(
        "visits/record.html", record=found, row=row, may_correct=True, form=form, names=NAMES, status=422
    )


def _see(target: str) -> Response:
    return redirect(target, 303)  # type: ignore[return-value]
