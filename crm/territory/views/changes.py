"""Doors to change places: open, change, split, merge, close, reopen. All from a day on."""

from datetime import date
from uuid import UUID

from flask import Response, flash, request, url_for

from crm.core.problems import Missing
from crm.core.wareki import wareki
from crm.i18n import gettext as _
from crm.territory import choices, queries, service
from crm.territory.forms import (
    MOST_PARTS,
    CloseForm,
    FactsForm,
    MergeForm,
    OpenForm,
    SplitForm,
    uuid_or_none,
)
from crm.territory.messages import KIND_NAMES
from crm.territory.models import Kind
from crm.territory.queries import Card
from crm.territory.rules import Facts
from crm.territory.views.door import pages
from crm.web.access import Can
from crm.web.forms import offered
from crm.web.pages import see
from crm.web.rendering import page
from crm.web.site import session, today

NEIGHBOURS = 12
FOUND = 20


def _offer(form: FactsForm, facts: Facts | None = None) -> None:
    """Fill in the choices; a hub that the place belongs to is offered even when it has been closed."""
    day = today()
    form.offer(
        queries.territories(session()),
        choices.hubs(session(), Kind.COMMUNITY_CENTRE, day, also=facts.centre_id if facts else None),
        choices.hubs(session(), Kind.BRANCH_OFFICE, day, also=facts.branch_id if facts else None),
    )


@pages.get("/places/new", access=Can.KEEP_PLACES)
def new_place() -> Response:
    """A new place: nothing is known yet but the day."""
    form = OpenForm(
        data={"on": today(), "kind": Kind.DISTRICT.value, "territory": request.args.get("territory")}
    )
    _offer(form)
    return page("territory/new_place.html", form=form)


@pages.post("/places/new", access=Can.KEEP_PLACES)
def open_place() -> Response:
    """Open a place."""
    form, opened = OpenForm(request.form), []
    _offer(form)

    def open_it(made: tuple[Facts, date]) -> None:
        facts, on = made
        kind = Kind(form.kind.data)
        key = service.key_for(session(), kind, facts, on=on)
        opened.append(service.open_place(session(), kind, key, facts, on=on).id)

    if form.accepts(open_it):
        flash(_("%(name)sを加えました。", name=form.name.data), "success")
        return see(url_for(".place", place_id=opened[0], on=_when(form.on.data)))
    return page("territory/new_place.html", form=form, status=422)


def _when(day: date | None) -> str | None:
    """What stands in the address of a card: the day of a change that is still to come, for else one would miss it."""
    return day.isoformat() if day is not None and day > today() else None


def _open_card(place_id: UUID) -> Card:
    """The card of a place that is not closed for good, with what holds since its last change."""
    card = queries.card(session(), place_id, date.max)
    if card.closed_on is not None:
        raise Missing("not_found")
    return card


def _district_card(place_id: UUID) -> Card:
    card = _open_card(place_id)
    if card.kind is not Kind.DISTRICT:
        raise Missing("not_found")
    return card


@pages.get("/places/<uuid:place_id>/change", access=Can.KEEP_PLACES)
def change(place_id: UUID) -> Response:
    """What may be changed, filled in with what holds."""
    card = _open_card(place_id)
    facts = service.facts_of(service.latest_facts(session(), place_id))
    known = {
        **facts.__dict__,
        "territory": str(facts.territory_id),
        "centre": str(facts.centre_id or ""),
        "branch": str(facts.branch_id or ""),
        "on": max(today(), card.now.from_on),
    }
    form = FactsForm(data=known)
    _offer(form, facts)
    return _change_page(card, form, 200)


def _change_page(card: Card, form: FactsForm, status: int) -> Response:
    return page("territory/change.html", card=card, form=form, kinds=KIND_NAMES, status=status)


@pages.post("/places/<uuid:place_id>/change", access=Can.KEEP_PLACES)
def change_place(place_id: UUID) -> Response:
    """Change what is said of a place, from a day on."""
    card = _open_card(place_id)
    form = FactsForm(request.form)
    _offer(form, service.facts_of(service.latest_facts(session(), place_id)))
    if form.accepts(lambda made: service.change_place(session(), place_id, made[0], on=made[1])):
        flash(_("%(day)sからの内容を登録しました。", day=wareki(form.on.data or today())), "success")
        return see(url_for(".place", place_id=place_id, on=_when(form.on.data)))
    return _change_page(card, form, 422)


@pages.get("/places/<uuid:place_id>/split", access=Can.KEEP_PLACES)
def split(place_id: UUID) -> Response:
    """Into what a district is split."""
    return _split_page(_district_card(place_id), SplitForm(data={"on": today()}), 200)


def _split_page(card: Card, form: SplitForm, status: int) -> Response:
    more = any(form[f"name_{n}"].data for n in range(3, MOST_PARTS + 1))
    return page("territory/split.html", card=card, form=form, most=MOST_PARTS, more=more, status=status)


@pages.post("/places/<uuid:place_id>/split", access=Can.KEEP_PLACES)
def split_place(place_id: UUID) -> Response:
    """Split a district."""
    card, form = _district_card(place_id), SplitForm(request.form)
    if form.accepts(lambda made: service.split_district(session(), place_id, made[0], on=made[1])):
        flash(_("%(name)sを%(n)sつに分けました。", name=card.now.name, n=len(form.parts())), "success")
        return see(url_for(".place", place_id=place_id))
    return _split_page(card, form, 422)


@pages.get("/places/<uuid:place_id>/merge", access=Can.KEEP_PLACES)
def merge(place_id: UUID) -> Response:
    """With what a district is merged. Looking for others by name comes back here with all that was typed."""
    card = _district_card(place_id)
    form = MergeForm(request.args) if request.args else MergeForm(data={"on": today(), "name": ""})
    return _merge_page(card, form, 200)


def _merge_page(card: Card, form: MergeForm, status: int) -> Response:
    chosen = _ids(form)
    candidates = choices.neighbours(
        session(),
        card,
        today(),
        chosen=chosen,
        words=form.q.data or "",
        most=FOUND if form.q.data else NEIGHBOURS,
    )
    form.places.choices = offered(
        (one.id, f"{one.name}({one.code})" if one.code else one.name) for one in candidates
    )
    return page("territory/merge.html", card=card, form=form, status=status)


def _ids(form: MergeForm) -> list[UUID]:
    """The districts that were chosen, as far as they can be read."""
    return [one for one in map(uuid_or_none, form.places.data or []) if one is not None]


@pages.post("/places/<uuid:place_id>/merge", access=Can.KEEP_PLACES)
def merge_places(place_id: UUID) -> Response:
    """Merge districts."""
    card, form = _district_card(place_id), MergeForm(request.form)
    form.places.choices = offered((one, one) for one in _ids(form))
    merged: list[UUID] = []

    def merge_them(made: tuple[list[UUID], date]) -> None:
        others, on = made
        kana, code = form.kana.data or "", form.code.data or ""
        place = service.merge_districts(
            session(), [place_id, *others], code, form.name.data or "", kana, on=on
        )
        merged.append(place.id)

    if form.accepts(merge_them):
        flash(
            _(
                "%(n)sつの区を%(name)sに合わせました。",
                n=len(form.places.data or []) + 1,
                name=form.name.data,
            ),
            "success",
        )
        return see(url_for(".place", place_id=merged[0], on=_when(form.on.data)))
    return _merge_page(card, form, 422)


@pages.get("/places/<uuid:place_id>/close", access=Can.KEEP_PLACES)
def close(place_id: UUID) -> Response:
    """From which day on a place is no more."""
    return _close_page(_open_card(place_id), CloseForm(data={"on": today()}), 200)


def _close_page(card: Card, form: CloseForm, status: int) -> Response:
    attached = choices.attached_to(session(), card.id, today())
    return page("territory/close.html", card=card, form=form, attached=attached, status=status)


@pages.post("/places/<uuid:place_id>/close", access=Can.KEEP_PLACES)
def close_place(place_id: UUID) -> Response:
    """Close a place."""
    card, form = _open_card(place_id), CloseForm(request.form)
    if form.accepts(lambda on: service.close_place(session(), place_id, on=on)):
        flash(_("%(name)sを閉じました。", name=card.now.name), "success")
        return see(url_for(".place", place_id=place_id))
    return _close_page(card, form, 422)


@pages.post("/places/<uuid:place_id>/reopen", access=Can.KEEP_PLACES)
def reopen_place(place_id: UUID) -> Response:
    """Take back that a place was closed."""
    service.reopen_place(session(), place_id)
    flash(_("閉じたのを取り消しました。"), "success")
    return see(url_for(".place", place_id=place_id))
