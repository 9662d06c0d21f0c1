"""Makes a whole sample town out of a seed: the same seed and day give the same town, to the letter and to the key."""

from datetime import date

from crm.core.months import Month
from crm.demo.facilities import build_facilities
from crm.demo.facts import TERRITORIES
from crm.demo.lineage import build_districts
from crm.demo.people import build_people
from crm.demo.shapes import Town
from crm.demo.staff import build_staff
from crm.demo.stops import district_stops, hub_stops
from crm.demo.visits import VisitLog

SEED = 20260401


def generate(seed: int = SEED, *, today: date, months: int = 24, scale: int = 1) -> Town:
    """Make a town with so many whole months of contacts before the present one, and the present one up to today.

    `scale` multiplies the districts, with all that happens in them, for measuring: 100 makes 45,300; hubs and staff stay.
    The visits are made while they are read. Raises ValueError for less than one month or a scale below one.
    """
    if months < 1 or scale < 1:
        raise ValueError("a town needs at least one month and a scale of one")
    first_month = Month.of(today).plus(-months)
    facilities = build_facilities(seed)
    districts, events = build_districts(seed, scale, first_month, today, facilities)
    staff = build_staff(seed, first_month, today)
    people = build_people(seed, first_month, today, districts, facilities)
    stops, hubs = district_stops(districts, people), hub_stops(facilities, people)
    return Town(
        seed=seed,
        today=today,
        first_month=first_month,
        territories=TERRITORIES,
        facilities=facilities,
        districts=districts,
        events=events,
        workers=staff.workers,
        assignments=staff.assignments,
        people=people.people,
        posts=people.posts,
        terms=people.terms,
        visits=VisitLog(seed, first_month, today, staff, stops, hubs, scale),
    )
