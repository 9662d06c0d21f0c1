"""Use cases of people: keep the list of people, begin, end and correct their terms."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, func, select

from crm.core.problems import Missing, Problem
from crm.groups import queries, rules
from crm.groups.models import Person, Post, Term
from crm.groups.rules import PersonFacts
from crm.territory import service as territory


@dataclass(frozen=True)
class TermFacts:
    """What is said of a term. `to_on` is the first day on which it no longer holds."""

    post_id: UUID
    from_on: date
    to_on: date | None = None
    number: int | None = None
    source: str = ""


def add_person(session: Session, facts: PersonFacts, *, another: bool = False) -> Person:
    """Add somebody to the list of people.

    Raises what `rules.check_person` does, and "person_known" (people) when somebody of that name is on the
    list already, unless it is said to be `another` of the same name.
    """
    rules.check_person(facts)
    known = [] if another else queries.namesakes(session, facts.name)
    if known:
        raise Problem("person_known", field="name", people=[one.told for one in known])
    person = Person(**facts.columns())
    session.add(person)
    session.flush()
    return person


def person_of(session: Session, person_id: UUID) -> Person:
    """The person, or Missing."""
    person = session.get(Person, person_id)
    if person is None:
        raise Missing("not_found")
    return person


def facts_of(person: Person) -> PersonFacts:
    """What is said of a person, as a form begins with it."""
    return PersonFacts(person.name, person.kana, person.phone, person.fax, person.mail, person.channel)


def correct_person(session: Session, person_id: UUID, facts: PersonFacts) -> Person:
    """Correct what is said of a person; what it said before stays in the trail."""
    rules.check_person(facts)
    person = person_of(session, person_id)
    for name, value in facts.columns().items():
        setattr(person, name, value)
    session.flush()
    return person


def post_titled(session: Session, territory_id: UUID, title: str, kana: str = "") -> Post:
    """The post of this title in a territory, or everywhere; a new one of the territory where there is none."""
    known = next((one for one in queries.posts(session, territory_id) if one.title == title), None)
    if known is not None:
        return session.get_one(Post, known.id)
    last = session.exec(select(func.max(Post.position)).where(Post.territory_id == territory_id)).one()
    post = Post(territory_id=territory_id, title=title, kana=kana, position=0 if last is None else last + 1)
    session.add(post)
    session.flush()
    return post


def begin_term(
    session: Session, place_id: UUID, person_id: UUID, told: TermFacts, *, succeeds: UUID | None = None
) -> Term:
    """Let a person hold a post of a place from a day on. Nobody else's term ends by it, but that of `succeeds`.

    A term that is succeeded ends on the day the new one begins, unless it had ended before. Raises Missing,
    "post_of_other_territory", "term_ends_before_beginning", "term_after_closing", "term_overlaps",
    "term_of_other_place", "successor_before".
    """
    person_of(session, person_id)
    if succeeds is not None:
        _end_before(session, succeeds, place_id, told.from_on)
    _check(session, person_id, place_id, told)
    term = Term(person_id=person_id, place_id=place_id, **told.__dict__)
    session.add(term)
    session.flush()
    return term


def _end_before(session: Session, term_id: UUID, place_id: UUID, day: date) -> None:
    earlier = term_of(session, term_id)
    if earlier.place_id != place_id:
        raise Problem("term_of_other_place", field="succeeds")
    if day <= earlier.from_on:
        raise Problem("successor_before", field="from_on", since=earlier.from_on)
    if earlier.to_on is None or earlier.to_on > day:
        earlier.to_on = day
    session.flush()


def term_of(session: Session, term_id: UUID) -> Term:
    """The term, or Missing."""
    term = session.get(Term, term_id)
    if term is None:
        raise Missing("not_found")
    return term


def told_of(term: Term) -> TermFacts:
    """What is said of a term, as a form begins with it."""
    return TermFacts(term.post_id, term.from_on, term.to_on, term.number, term.source)


def end_term(session: Session, term_id: UUID, *, on: date) -> Term:
    """End a term: `on` is the first day without it. Raises "term_ends_before_beginning"."""
    term = term_of(session, term_id)
    rules.check_span(term.from_on, on, closed_on=None)
    term.to_on = on
    session.flush()
    return term


def correct_term(session: Session, term_id: UUID, told: TermFacts) -> Term:
    """Correct a term; what it said before stays in the trail. Raises what `begin_term` does for a new one."""
    term = term_of(session, term_id)
    _check(session, term.person_id, term.place_id, told, of=term)
    for name, value in told.__dict__.items():
        setattr(term, name, value)
    session.flush()
    return term


def take_back_term(session: Session, term_id: UUID) -> Term:
    """Remove a term that was a slip: the wrong person, the wrong place. The trail keeps it."""
    term = term_of(session, term_id)
    session.delete(term)
    session.flush()
    return term


def _check(
    session: Session, person_id: UUID, place_id: UUID, told: TermFacts, *, of: Term | None = None
) -> None:
    """Whether a person can hold the post then; `of` is the term that is corrected, which is in nobody's way."""
    place = territory.place_of(session, place_id)
    post = session.get(Post, told.post_id)
    if post is None:
        raise Missing("not_found")
    here = territory.latest_facts(session, place_id).territory_id
    if post.territory_id not in (None, here) and (of is None or post.id != of.post_id):
        raise Problem("post_of_other_territory", field="post")
    rules.check_span(told.from_on, told.to_on, closed_on=place.closed_on)
    for other in session.exec(
        select(Term).where(
            Term.person_id == person_id, Term.place_id == place_id, Term.post_id == told.post_id
        )
    ):
        in_the_way = rules.overlap(told.from_on, told.to_on, other.from_on, other.to_on)
        if in_the_way and (of is None or other.id != of.id):
            raise Problem("term_overlaps", field="from_on", since=other.from_on)
