"""Doors of people: the list, a person, who holds which post of a place."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, flash, request, url_for
from markupsafe import Markup

from crm.core.problems import Missing
from crm.groups import queries, service
from crm.groups.forms import (
    EVERYBODY,
    NEW,
    AddPersonForm,
    BeginForm,
    Beginning,
    CorrectPersonForm,
    CorrectTermForm,
    EndForm,
    FindForm,
    PeopleForm,
    TermTold,
)
from crm.groups.messages import CHANNEL_NAMES
from crm.groups.models import Term
from crm.groups.queries import PeopleFilter, PersonRow
from crm.groups.rules import PersonFacts, dialled
from crm.groups.service import TermFacts
from crm.i18n import gettext as _
from crm.territory import queries as territory
from crm.territory.forms import uuid_or_none
from crm.territory.models import Place
from crm.territory.queries import Card
from crm.territory.rules import last_day
from crm.territory.service import place_of
from crm.territory.views.door import uuid_in
from crm.web.access import Can, may
from crm.web.pages import Pages, see
from crm.web.rendering import page, part
from crm.web.site import me_or_none, session, today

pages = Pages("people", __name__, template_folder="templates")

pages.add_app_template_filter(dialled, "dialled")

FOUND = 20
"""People that are offered when one looks for somebody."""


@pages.get("/people", access=Can.SEE_PEOPLE)
def index() -> Response:
    """The people in kana order, narrowed by what stands in the address."""
    everybody = request.args.get("who") == EVERYBODY
    narrowed = PeopleFilter(request.args.get("q", "").strip()[:100], uuid_in("territory"), not everybody)
    form = PeopleForm(request.args)
    form.offer(territory.territories(session()))
    found = queries.people_page(
        session(), today(), narrowed, after=uuid_in("after"), before=uuid_in("before")
    )
    address: dict[str, Any] = {
        "q": narrowed.words or None,
        "territory": narrowed.territory_id,
        "who": EVERYBODY if everybody else None,
    }
    return page(
        "groups/people.html",
        form=form,
        found=found,
        narrowed=narrowed,
        everybody_url=None if everybody else url_for(".index", **{**address, "who": EVERYBODY}),
        previous_url=url_for(".index", **address, before=found.previous) if found.previous else None,
        next_url=url_for(".index", **address, after=found.next) if found.next else None,
    )


@pages.get("/people/<uuid:person_id>", access=Can.SEE_PEOPLE)
def show(person_id: UUID) -> Response:
    card = queries.person(session(), person_id, today())
    return page("groups/person.html", card=card, posts=queries.together(card.present), channels=CHANNEL_NAMES)


@pages.get("/people/new", access=Can.RECORD_CONTACTS)
def new() -> Response:
    return _new_page(AddPersonForm(data={"name": request.args.get("name")}), 200)


def _new_page(form: AddPersonForm, status: int) -> Response:
    place_id = uuid_in("place")
    card = territory.card(session(), place_id, today()) if place_id else None
    return page("groups/new_person.html", form=form, card=card, status=status)


@pages.post("/people/new", access=Can.RECORD_CONTACTS)
def add() -> Response:
    form, added = AddPersonForm(request.form), []
    if form.accepts(
        lambda facts: added.append(service.add_person(session(), facts, another=bool(form.another.data)).id)
    ):
        flash(_("%(name)sさんを名簿に加えました。", name=form.name.data), "success")
        if place_id := uuid_in("place"):
            return see(url_for(".new_term", place_id=place_id, person=added[0]))
        return see(url_for(".show", person_id=added[0]))
    return _new_page(form, 422)


@pages.get("/people/<uuid:person_id>/correct", access=Can.RECORD_CONTACTS)
def correct(person_id: UUID) -> Response:
    facts = service.facts_of(service.person_of(session(), person_id))
    known = {**facts.__dict__, "channel": facts.channel.value if facts.channel else ""}
    return _correct_page(person_id, CorrectPersonForm(data=known), 200)


def _correct_page(person_id: UUID, form: CorrectPersonForm, status: int) -> Response:
    row = queries.people_of(session(), [person_id], today())[0]
    return page("groups/correct_person.html", row=row, form=form, status=status)


@pages.post("/people/<uuid:person_id>/correct", access=Can.RECORD_CONTACTS)
def correct_person(person_id: UUID) -> Response:
    service.person_of(session(), person_id)
    form = CorrectPersonForm(request.form)
    if form.accepts(lambda facts: service.correct_person(session(), person_id, facts)):
        flash(_("名簿を直しました。前の内容は変更の記録に残っています。"), "success")
        return see(url_for(".show", person_id=person_id))
    return _correct_page(person_id, form, 422)


# ---- terms


def of_place(place_id: UUID, day: date) -> Markup:
    """Who holds which post of a place, for its card; only where the one who asks may see people."""
    known = me_or_none()
    if known is None or not may(known.role, Can.SEE_PEOPLE):
        return Markup("")
    closed = _is_closed(place_of(session(), place_id))
    return part(
        "groups/of_place.html",
        holders=queries.holders(session(), place_id, day),
        place_id=place_id,
        may_write=day == today() and not closed and may(known.role, Can.RECORD_CONTACTS),
    )


@pages.get("/places/<uuid:place_id>/terms/new", access=Can.RECORD_CONTACTS)
def new_term(place_id: UUID) -> Response:
    """Somebody takes up a post: one who is looked for, one who holds another post here, or somebody new."""
    card, words = _open_card(place_id), request.args.get("q", "").strip()[:100]
    holders = queries.holders(session(), place_id, today())
    asked = uuid_in("person")
    succeeded = next((one for one in holders if one.term_id == uuid_in("succeeds")), None)
    if words:
        people = queries.found_people(session(), words, today(), most=FOUND + 1)
    else:
        people = queries.people_of(
            session(), [*([asked] if asked else []), *(one.person_id for one in holders)], today()
        )
    form = BeginForm(
        data={
            "person": str(asked) if asked else None if words and people else NEW,
            "name": words if not people else None,
            "post": str(succeeded.post_id) if succeeded else "",
            "from_on": today(),
            "succeeds": str(succeeded.term_id) if succeeded else "",
        }
    )
    return _term_page(card, form, people, 200)


def _open_card(place_id: UUID) -> Card:
    card = territory.card(session(), place_id, today())
    if _is_closed(card):
        raise Missing("not_found")
    return card


def _is_closed(place: Place | Card) -> bool:
    return place.closed_on is not None and place.closed_on <= today()


def _term_page(card: Card, form: BeginForm, people: list[PersonRow], status: int) -> Response:
    _offer(card, form, people[:FOUND])
    find, more = FindForm(request.args), len(people) > FOUND
    return page("groups/new_term.html", card=card, form=form, find=find, more=more, status=status)


def _offer(card: Card, form: BeginForm, people: Iterable[PersonRow]) -> None:
    form.offer_people(people)
    form.offer_posts(queries.posts(session(), card.territory_id))
    form.offer_holders(queries.holders(session(), card.id, today()))


@pages.post("/places/<uuid:place_id>/terms", access=Can.RECORD_CONTACTS)
def begin_term(place_id: UUID) -> Response:
    card, form = _open_card(place_id), BeginForm(request.form)
    _offer(card, form, _offered_again(card, form))
    if form.accepts(_apart(lambda told: _begin(card, told))):
        flash(_("任期を記録しました。"), "success")
        return see(url_for("territory.place", place_id=place_id))
    return _term_page(card, form, _offered_again(card, form), 422)


def _offered_again(card: Card, form: BeginForm) -> list[PersonRow]:
    """Whom the form offered, as far as it tells, and those of the name that was typed."""
    chosen = uuid_or_none(form.person.data)
    namesakes = queries.namesakes(session(), form.name.data) if form.name.data else []
    holders = queries.holders(session(), card.id, today())
    ids = [*([chosen] if chosen else []), *(one.id for one in namesakes), *(one.person_id for one in holders)]
    return queries.people_of(session(), ids, today())


def _apart(use_case: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A use case of several steps: refused half-way, it leaves nothing behind for the page that says so."""

    def whole(made: Any) -> None:
        with session().begin_nested():
            use_case(made)

    return whole


def _begin(card: Card, told: Beginning) -> Term:
    person_id = told.person
    if isinstance(person_id, PersonFacts):
        person_id = service.add_person(session(), person_id, another=told.another).id
    return service.begin_term(session(), card.id, person_id, _facts(card, told.term), succeeds=told.succeeds)


def _facts(card: Card, told: TermTold) -> TermFacts:
    post_id = told.post_id or service.post_titled(session(), card.territory_id, told.title).id
    return TermFacts(post_id, told.from_on, told.to_on, told.number, told.source)


@pages.get("/terms/<uuid:term_id>/end", access=Can.RECORD_CONTACTS)
def end(term_id: UUID) -> Response:
    return _end_page(term_id, EndForm(data={"last_on": today()}), 200)


def _end_page(term_id: UUID, form: EndForm, status: int) -> Response:
    person, row = queries.term(session(), term_id, today())
    return page("groups/end_term.html", person=person, row=row, form=form, status=status)


@pages.post("/terms/<uuid:term_id>/end", access=Can.RECORD_CONTACTS)
def end_term(term_id: UUID) -> Response:
    term, form = service.term_of(session(), term_id), EndForm(request.form)
    if form.accepts(lambda on: service.end_term(session(), term_id, on=on)):
        flash(_("任期の終わりを記録しました。"), "success")
        return see(url_for("territory.place", place_id=term.place_id))
    return _end_page(term_id, form, 422)


@pages.get("/terms/<uuid:term_id>/correct", access=Can.RECORD_CONTACTS)
def correct_term(term_id: UUID) -> Response:
    term = service.term_of(session(), term_id)
    told = {**service.told_of(term).__dict__, "post": str(term.post_id), "last_on": last_day(term.to_on)}
    return _correct_term_page(term, _correct_form(term, data=told), 200)


def _correct_form(term: Term, **given: Any) -> CorrectTermForm:
    form = CorrectTermForm(**given)
    town = territory.card(session(), term.place_id, today()).territory_id
    form.offer_posts(queries.posts(session(), town, also=term.post_id))
    return form


def _correct_term_page(term: Term, form: CorrectTermForm, status: int) -> Response:
    person, row = queries.term(session(), term.id, today())
    return page("groups/correct_term.html", person=person, row=row, form=form, status=status)


@pages.post("/terms/<uuid:term_id>/correct", access=Can.RECORD_CONTACTS)
def correct_term_post(term_id: UUID) -> Response:
    term = service.term_of(session(), term_id)
    card = territory.card(session(), term.place_id, today())
    form = _correct_form(term, formdata=request.form)
    if form.accepts(_apart(lambda told: service.correct_term(session(), term_id, _facts(card, told)))):
        flash(_("任期を直しました。前の内容は変更の記録に残っています。"), "success")
        return see(url_for(".show", person_id=term.person_id))
    return _correct_term_page(term, form, 422)


@pages.post("/terms/<uuid:term_id>/take-back", access=Can.RECORD_CONTACTS)
def take_back_term(term_id: UUID) -> Response:
    term = service.take_back_term(session(), term_id)
    flash(_("任期を取り消しました。前の内容は変更の記録に残っています。"), "success")
    return see(url_for(".show", person_id=term.person_id))
