"""What all doors of the territory have in common: the blueprint, what stands in an address, the views of the room."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import request, url_for

from crm.core.problems import Problem
from crm.core.wareki import read_date
from crm.i18n import gettext as _
from crm.territory.forms import uuid_or_none
from crm.territory.models import Kind
from crm.territory.queries import PlaceFilter
from crm.web.access import Can, may
from crm.web.pages import Pages
from crm.web.site import me, today

pages = Pages("territory", "crm.territory", template_folder="templates")

TIMELINE = "territory.timeline"
"""Socket: callable(place_id) that gives, as Markup, what was recorded at a place; plugged by the package of records."""


PEOPLE = "territory.people"
"""Socket: callable(place_id, day) that gives, as Markup, who holds a post of a place; plugged by the package of people."""


COMING = "territory.coming"
"""Socket: callable(place_id) that gives, as Markup, the next call that is planned there; plugged by the package of calls."""


@dataclass(frozen=True)
class Tab:
    """One view of the room."""

    label: str
    url: str
    current: bool


def tabs(current: str) -> list[Tab]:
    """The views of the room that whoever asks may open."""
    known = (
        (_("一覧"), "territory.places", Can.SEE_PLACES),
        (_("地域と担当"), "territory.territories", Can.SEE_PLACES),
        (_("取り込み"), "imports.new", Can.KEEP_PLACES),
    )
    return [
        Tab(label, url_for(name), name == current) for label, name, access in known if may(me().role, access)
    ]


def uuid_in(name: str) -> UUID | None:
    """An id in the address; None where there is none that can be read."""
    return uuid_or_none(request.args.get(name))


def filter_asked() -> PlaceFilter:
    """What the address narrows a list of places to."""
    kind = request.args.get("kind", "")
    return PlaceFilter(
        uuid_in("territory"),
        Kind(kind) if kind in set(Kind) else None,
        request.args.get("q", "").strip()[:100],
    )


def day_asked() -> date:
    """The day as of which a page is asked for; today where none is named, or none that is a day."""
    try:
        return read_date(request.args["on"]) if request.args.get("on", "").strip() else today()
    except Problem:
        return today()
