"""People and posts of the town, told in a line each."""

from datetime import date
from typing import Any
from uuid import UUID

from crm.groups import queries, service
from crm.groups.models import Term
from crm.groups.rules import PersonFacts
from crm.groups.service import TermFacts
from crm.territory import service as territory
from tests.world import District, World, day


def somebody(world: World, name: str, kana: str = "", *, another: bool = False, **more: Any) -> UUID:
    """Put somebody on the list of people."""
    with world.writing(world.worker) as session:
        return service.add_person(session, PersonFacts(name, kana, **more), another=another).id


def post(world: World, place: District, title: str) -> UUID:
    """The post of this title in the territory of a place."""
    with world.writing(world.worker) as session:
        here = territory.latest_facts(session, place.id).territory_id
        return service.post_titled(session, here, title).id


def takes_up(
    world: World,
    person_id: UUID,
    place: District,
    title: str = "区長",
    from_on: str = "2026-04-01",
    to_on: str | None = None,
    *,
    succeeds: UUID | None = None,
    number: int | None = None,
) -> UUID:
    """Let somebody hold a post of a place."""
    told = TermFacts(post(world, place, title), day(from_on), day(to_on) if to_on else None, number)
    with world.writing(world.worker) as session:
        return service.begin_term(session, place.id, person_id, told, succeeds=succeeds).id


def term(world: World, term_id: UUID) -> Term:
    """The row of a term as it is now."""
    with world.reading() as session:
        return session.get_one(Term, term_id)


def in_office(world: World, place: District, on: str | date = "2026-06-15") -> list[tuple[str, str]]:
    """Posts and names of those who hold one at a place on a day."""
    with world.reading() as session:
        return [(one.post, one.name) for one in queries.holders(session, place.id, day(on))]
