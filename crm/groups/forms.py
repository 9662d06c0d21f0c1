"""Forms of people and their terms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from wtforms import BooleanField, IntegerField, RadioField, SearchField, SelectField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from crm.core.problems import Problem, Problems
from crm.groups.messages import CHANNEL_NAMES
from crm.groups.models import Channel
from crm.groups.queries import Holder, PersonRow, PostRow
from crm.groups.rules import PersonFacts
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.territory.forms import uuid_or_none
from crm.territory.queries import TerritoryRow
from crm.web.forms import DateField, Form, TextField, offered

T = TypeVar("T")

EVERYBODY = "all"
"""The choice of people whether they hold a post now or not."""

NEW = "new"
"""The choice of somebody who is not on the list of people yet."""


def _day_after(last: date | None) -> date | None:
    """The first day without what people say lasts until `last`."""
    return None if last is None else min(last, date.max - timedelta(days=1)) + timedelta(days=1)


class PeopleForm(Form[None]):
    """What the list of people is narrowed to."""

    q = SearchField(
        _l("名前・読み・電話番号"), [Optional(), Length(max=100)], render_kw={"autocomplete": "off"}
    )
    territory = SelectField(_l("地域"), [Optional()], validate_choice=False)
    who = SelectField(_l("だれを"), [Optional()], validate_choice=False)

    def offer(self, towns: Sequence[TerritoryRow]) -> None:
        """Fill in the choices."""
        self.territory.choices = offered([(town.id, town.name) for town in towns], _("すべて"))
        self.who.choices = offered([(EVERYBODY, _("これまでの人も"))], _("いま役職のある人"))


class FindForm(Form[None]):
    """Look for somebody on the list of people."""

    q = SearchField(
        _l("名前・読み・電話番号"), [Optional(), Length(max=100)], render_kw={"autocomplete": "off"}
    )


class CorrectPersonForm(Form[PersonFacts]):
    """What is said of a person."""

    name = TextField(_l("名前"), [InputRequired(), Length(max=120)])
    kana = TextField(_l("読み"), [Optional(), Length(max=160)])
    phone = TextField(_l("電話"), [Optional(), Length(max=40)])
    fax = TextField(_l("FAX"), [Optional(), Length(max=40)])
    mail = TextField(_l("メール"), [Optional(), Length(max=254)])
    channel = RadioField(
        _l("連絡の方法"),
        [Optional()],
        choices=offered(((one.value, name) for one, name in CHANNEL_NAMES.items()), _l("分からない")),
        default="",
    )

    def made(self) -> PersonFacts:
        return PersonFacts(
            self.name.data or "",
            self.kana.data or "",
            self.phone.data or "",
            self.fax.data or "",
            self.mail.data or "",
            Channel(self.channel.data) if self.channel.data else None,
        )


class _AddingForm(Form[T]):
    """A form that may add somebody: where the name is known, it asks whether it is another person."""

    another = BooleanField(_l("同じ名前の別の人です"))
    asks: bool = False

    def refuse(self, problem: Problem) -> None:
        self.asks = self.asks or problem.code == "person_known"
        super().refuse(problem)


class AddPersonForm(CorrectPersonForm, _AddingForm[PersonFacts]):
    """Somebody who is not on the list of people yet."""


class _TermForm(Form[T]):
    """What is said of a term: which post, from when, the 期数, how it became known."""

    post = SelectField(_l("役職"), [Optional()])
    title = TextField(_l("ほかの役職"), [Optional(), Length(max=60)])
    from_on = DateField(_l("いつから"), [InputRequired()])
    number = IntegerField(_l("期数"), [Optional(), NumberRange(1, 99)])
    source = TextField(_l("どこから聞いたか"), [Optional(), Length(max=200)])

    def offer_posts(self, posts: Sequence[PostRow]) -> None:
        """Fill in the posts of the place's territory."""
        self.post.choices = offered(((one.id, one.title) for one in posts), _("選んでください"))

    def post_faults(self) -> list[Problem]:
        """A term is in one post: one of the list, or another title."""
        if bool(self.post.data) is not bool(self.title.data):
            return []
        return [Problem("post_and_title" if self.post.data else "post_missing", field="post")]


@dataclass(frozen=True)
class TermTold:
    """What was told of a term. Exactly one of `post_id` and `title` is given."""

    post_id: UUID | None
    title: str
    from_on: date
    to_on: date | None
    number: int | None
    source: str


@dataclass(frozen=True)
class Beginning:
    """That somebody takes up a post: a person of the list, or somebody new."""

    person: UUID | PersonFacts
    another: bool
    term: TermTold
    succeeds: UUID | None


class BeginForm(_TermForm[Beginning], _AddingForm[Beginning]):
    """Let somebody hold a post of a place: a person of the list, or one who is typed in here."""

    person = RadioField(_l("だれ"), default=NEW)
    name = TextField(_l("名前"), [Length(max=120)])
    kana = TextField(_l("読み"), [Optional(), Length(max=160)])
    phone = TextField(_l("電話"), [Optional(), Length(max=40)])
    succeeds = SelectField(_l("前の人の任期"), [Optional()])

    def offer_people(self, people: Iterable[PersonRow]) -> None:
        """Fill in people of the list to choose from."""
        known = [(one.id, one.told) for one in people]
        self.person.choices = offered([*known, (NEW, _("名簿にない人"))])

    def offer_holders(self, holders: Iterable[Holder]) -> None:
        """Fill in those whose term may end by this one."""
        self.succeeds.choices = offered(
            (
                (one.term_id, _("%(post)s %(name)sさんの任期を終える", post=one.post, name=one.name))
                for one in holders
            ),
            _("だれの任期も終えない"),
        )

    def made(self) -> Beginning:
        faults = self.post_faults()
        person_id = uuid_or_none(self.person.data)
        if person_id is not None and self.name.data:
            faults.append(Problem("person_and_name", field="name"))
        if person_id is None and not self.name.data:
            faults.append(Problem("name_of_person_missing", field="name"))
        if faults:
            raise Problems(faults)
        typed = PersonFacts(self.name.data or "", self.kana.data or "", self.phone.data or "")
        return Beginning(
            person_id or typed,
            bool(self.another.data),
            TermTold(
                uuid_or_none(self.post.data),
                self.title.data or "",
                self.from_on.data or date.min,
                None,
                self.number.data,
                self.source.data or "",
            ),
            uuid_or_none(self.succeeds.data),
        )


class _LastDayForm(Form[T]):
    """A form that asks for the last day of a term, for so people say it: until 31 March."""

    def refuse(self, problem: Problem) -> None:
        if problem.field == "to_on":
            problem.field = "last_on"
        super().refuse(problem)


class CorrectTermForm(_TermForm[TermTold], _LastDayForm[TermTold]):
    """What is said of a term, and its last day."""

    last_on = DateField(_l("いつまで"), [Optional()])

    def made(self) -> TermTold:
        if faults := self.post_faults():
            raise Problems(faults)
        return TermTold(
            uuid_or_none(self.post.data),
            self.title.data or "",
            self.from_on.data or date.min,
            _day_after(self.last_on.data),
            self.number.data,
            self.source.data or "",
        )


class EndForm(_LastDayForm[date]):
    """End a term: its last day. What it makes is the first day without it."""

    last_on = DateField(_l("いつまで"), [InputRequired()])

    def made(self) -> date:
        return _day_after(self.last_on.data) or date.min
