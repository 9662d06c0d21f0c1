"""Doors to read: the list of places, the card of one."""

from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from markupsafe import Markup

from crm.i18n import gettext as _
from crm.territory import queries
from crm.territory.forms import DayForm, PlacesForm
from crm.territory.messages import FACT_NAMES, KIND_NAMES, LINEAGE_NAMES
from crm.territory.queries import Card, FactsRow, PlaceFilter
from crm.territory.rules import holds_on
from crm.territory.views.door import COMING, PEOPLE, TIMELINE, day_asked, filter_asked, pages, tabs, uuid_in
from crm.territory.views.exports import export_links
from crm.web.access import Can
from crm.web.rendering import page
from crm.web.site import session, site, today


def address_of(narrowed: PlaceFilter) -> dict[str, Any]:
    """What stands in the address of a list that is narrowed in this way, as of the day that was asked for."""
    return {
        "q": narrowed.words or None,
        "territory": narrowed.territory_id,
        "kind": narrowed.kind.value if narrowed.kind else None,
        "on": day_asked().isoformat() if day_asked() != today() else None,
    }


@pages.get("/places", access=Can.SEE_PLACES)
def places() -> Response:
    """The places as of a day, narrowed by what stands in the address, in kana order."""
    day, narrowed = day_asked(), filter_asked()
    towns = queries.territories(session())
    found = queries.place_page(session(), day, narrowed, after=uuid_in("after"), before=uuid_in("before"))
    form = PlacesForm(request.args)
    form.offer(towns)
    form.validate()
    address = address_of(narrowed)
    return page(
        "territory/places.html",
        form=form,
        tabs=tabs("territory.places"),
        day=day,
        as_of=None if day == today() else day,
        found=found,
        narrowed=narrowed,
        towns=towns,
        kinds=KIND_NAMES,
        address=address,
        exports=export_links(narrowed, address),
        previous_url=url_for(".places", **address, before=found.previous) if found.previous else None,
        next_url=url_for(".places", **address, after=found.next) if found.next else None,
    )


@pages.get("/places/<uuid:place_id>", access=Can.SEE_PLACES)
def place(place_id: UUID) -> Response:
    """The card of a place, as of a day."""
    day = day_asked()
    card = queries.card(session(), place_id, day)
    sockets = site().sockets
    coming, people, timeline = sockets.get(COMING), sockets.get(PEOPLE), sockets.get(TIMELINE)
    return page(
        "territory/place.html",
        card=card,
        day=day,
        as_of=None if day == today() else day,
        today=today(),
        open_then=holds_on(card.opened_on, card.closed_on, day),
        coming=coming(place_id) if coming and day == today() else Markup(),
        people=people(place_id, day) if people else Markup(),
        timeline=timeline(place_id) if timeline else Markup(),
        history=_history(card),
        form=DayForm(request.args),
        kinds=KIND_NAMES,
        lineages=LINEAGE_NAMES,
    )


def _history(card: Card) -> list[tuple[FactsRow, list[tuple[str, str, str]]]]:
    """The facts of all times, newest first, each with what had changed: name of the fact, before, after."""
    told = []
    for before, after in zip((None, *card.history), card.history, strict=False):
        changes = [
            (str(label), said(getattr(before, name)), said(getattr(after, name)))
            for name, label in FACT_NAMES.items()
            if before is not None and getattr(before, name) != getattr(after, name)
        ]
        told.append((after, changes))
    return told[::-1]


def said(value: str | float | None) -> str:
    """One fact in words; what is not known is said to be."""
    if value is None or value == "":
        return _("空欄")
    return f"{value:,}" if isinstance(value, int) else str(value)
