"""Forms of the territory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, FileField, RadioField, SearchField, SelectField, SelectMultipleField
from wtforms import StringField as WtStringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from crm.core.problems import Problem
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.territory.imports.apply import Options
from crm.territory.imports.kinds import ImportKind
from crm.territory.imports.telling import KIND_WORDS
from crm.territory.messages import ASSIGNMENT_NAMES, FACT_NAMES, KIND_NAMES, MESSAGES
from crm.territory.models import AssignmentKind, Kind
from crm.territory.queries import TerritoryRow
from crm.territory.rules import Facts
from crm.territory.typed import read_count, read_degrees
from crm.web.forms import DateField, Form, TextField, offered
from crm.web.words import words_for

Named = Sequence[tuple[UUID, str]]
"""Things to choose from: their ids and names."""

MOST_PARTS = 6
"""Parts that a district is split into at once."""


def uuid_or_none(text: str | None) -> UUID | None:
    """The id that a text is; None for the empty choice, and for what is no id."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


class CountField(WtStringField):
    """A number of households, people or 班, as people type it: 102, 1,234, １０２世帯."""

    counted: int | None = None

    def process_data(self, value: int | None) -> None:
        self.counted, self.data = value, "" if value is None else str(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = valuelist[0] if valuelist else ""
        try:
            self.counted = read_count(self.data)
        except Problem as problem:
            raise ValueError(words_for(problem)) from problem


class DegreesField(WtStringField):
    """A latitude or longitude; `which` is "lat" or "lon"."""

    degrees: float | None = None

    def __init__(self, *args: object, which: str = "lat", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # WTForms' own arguments
        self.which = which

    def process_data(self, value: float | None) -> None:
        self.degrees, self.data = value, "" if value is None else str(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = valuelist[0] if valuelist else ""
        try:
            self.degrees = read_degrees(self.data, self.which)
        except Problem as problem:
            raise ValueError(words_for(problem)) from problem


class PlacesForm(Form[None]):
    """What a list of places is narrowed to."""

    q = SearchField(
        _l("名前・読み・コード"), [Optional(), Length(max=100)], render_kw={"autocomplete": "off"}
    )
    territory = SelectField(_l("地域"), [Optional()], validate_choice=False)
    kind = SelectField(_l("種別"), [Optional()], validate_choice=False)
    on = DateField(_l("いつの時点"), [Optional()])

    def offer(self, towns: Sequence[TerritoryRow]) -> None:
        """Fill in the choices."""
        self.territory.choices = offered([(town.id, town.name) for town in towns], _("すべて"))
        self.kind.choices = offered(((kind.value, KIND_NAMES[kind]) for kind in Kind), _("すべて"))


class DayForm(Form[None]):
    """The day as of which a page is asked for."""

    on = DateField(_l("いつの時点"), [Optional()])


class FactsForm(Form[tuple[Facts, date]]):
    """What is said of a place, and from which day on."""

    name = TextField(FACT_NAMES["name"], [InputRequired(), Length(max=120)])
    kana = TextField(FACT_NAMES["kana"], [Optional(), Length(max=160)])
    territory = SelectField(FACT_NAMES["territory"])
    code = TextField(FACT_NAMES["code"], [Optional(), Length(max=40)])
    households = CountField(FACT_NAMES["households"])
    doors = CountField(FACT_NAMES["doors"])
    resident_households = CountField(FACT_NAMES["resident_households"])
    population = CountField(FACT_NAMES["population"])
    sections = CountField(FACT_NAMES["sections"])
    centre = SelectField(FACT_NAMES["centre"])
    branch = SelectField(FACT_NAMES["branch"])
    run_by = TextField(FACT_NAMES["run_by"], [Optional(), Length(max=80)])
    address = TextField(FACT_NAMES["address"], [Optional(), Length(max=200)])
    lat = DegreesField(FACT_NAMES["lat"], which="lat")
    lon = DegreesField(FACT_NAMES["lon"], which="lon")
    on = DateField(_l("いつから"), [InputRequired()])

    def offer(self, towns: Sequence[TerritoryRow], centres: Named, branches: Named) -> None:
        """Fill in the choices."""
        self.territory.choices = offered([(town.id, town.name) for town in towns])
        self.centre.choices = offered(centres, _("なし"))
        self.branch.choices = offered(branches, _("なし"))

    def validate_lon(self, field: DegreesField) -> None:
        """A position has two numbers."""
        if bool((field.data or "").strip()) != bool((self.lat.data or "").strip()):
            raise ValidationError(str(MESSAGES["position_half"]))

    def facts(self) -> Facts:
        """What was filled in."""
        return Facts(
            name=self.name.data or "",
            territory_id=UUID(self.territory.data),
            code=self.code.data or "",
            kana=self.kana.data or "",
            lat=self.lat.degrees,
            lon=self.lon.degrees,
            address=self.address.data or "",
            doors=self.doors.counted,
            households=self.households.counted,
            resident_households=self.resident_households.counted,
            population=self.population.counted,
            sections=self.sections.counted,
            centre_id=uuid_or_none(self.centre.data),
            branch_id=uuid_or_none(self.branch.data),
            run_by=self.run_by.data or "",
        )

    def made(self) -> tuple[Facts, date]:
        return self.facts(), self.on.data or date.min


class OpenForm(FactsForm):
    """A new place."""

    kind = SelectField(_l("種別"), choices=offered((kind.value, name) for kind, name in KIND_NAMES.items()))


class SplitForm(Form[tuple[list[tuple[str, str, str]], date]]):
    """Split a district: for each part a name, its reading and its code; parts without a name do not count."""

    on = DateField(_l("分ける日"), [InputRequired()])

    def parts(self) -> list[tuple[str, str, str]]:
        """Code, name and reading of the parts that were filled in."""
        rows = [
            tuple(str(self[f"{what}_{n}"].data or "") for what in ("code", "name", "kana"))
            for n in range(1, MOST_PARTS + 1)
        ]
        return [(code, name, kana) for code, name, kana in rows if name]

    def made(self) -> tuple[list[tuple[str, str, str]], date]:
        return self.parts(), self.on.data or date.min

    def refuse(self, problem: Problem) -> None:
        """What is wrong with the parts stands at the first of them."""
        if problem.field == "into":
            problem.field = "name_1"
        elif problem.field == "code":
            same = [n for n in range(1, MOST_PARTS + 1) if self[f"code_{n}"].data == problem.facts.get("key")]
            problem.field = f"code_{same[-1]}" if same else "code_1"
        super().refuse(problem)


for _n in range(1, MOST_PARTS + 1):
    # WTForms knows the fields of a form by its attributes, in the order in which they were made.
    for _what, _most in (("name", 120), ("kana", 160), ("code", 40)):
        _needed = InputRequired() if _what == "name" and _n <= 2 else Optional()
        setattr(SplitForm, f"{_what}_{_n}", TextField(FACT_NAMES[_what], [_needed, Length(max=_most)]))


class MergeForm(Form[tuple[list[UUID], date]]):
    """Merge a district with others into a new one."""

    q = SearchField(_l("合わせる区を名前で探す"), [Optional(), Length(max=100)])
    places = SelectMultipleField(_l("合わせる区"), [InputRequired()], coerce=str)
    name = TextField(_l("合わせたあとの名前"), [InputRequired(), Length(max=120)])
    kana = TextField(FACT_NAMES["kana"], [Optional(), Length(max=160)])
    code = TextField(_l("合わせたあとのコード"), [Optional(), Length(max=40)])
    on = DateField(_l("合わせる日"), [InputRequired()])

    def made(self) -> tuple[list[UUID], date]:
        return [UUID(one) for one in self.places.data or []], self.on.data or date.min


class CloseForm(Form[date]):
    """Close a place."""

    on = DateField(_l("閉じる日"), [InputRequired()])

    def made(self) -> date:
        return self.on.data or date.min


class TerritoryForm(Form[tuple[str, str, str]]):
    """A territory: a new one, or one whose name or place in the order is corrected."""

    name = TextField(_l("地域の名前"), [InputRequired(), Length(max=40)])
    kana = TextField(FACT_NAMES["kana"], [Optional(), Length(max=60)])
    code = TextField(FACT_NAMES["code"], [InputRequired(), Length(max=8)])

    def made(self) -> tuple[str, str, str]:
        return self.code.data or "", self.name.data or "", self.kana.data or ""


@dataclass(frozen=True)
class NewAssignment:
    """Who shall answer for a territory."""

    account_id: UUID
    kind: AssignmentKind
    from_on: date
    to_on: date | None


class AssignForm(Form[NewAssignment]):
    """Let somebody answer for a territory."""

    account = SelectField(_l("人"))
    kind = RadioField(
        _l("担当か副担当か"),
        choices=offered((kind.value, name) for kind, name in ASSIGNMENT_NAMES.items()),
        default=AssignmentKind.HOLDER.value,
    )
    from_on = DateField(_l("いつから"), [InputRequired()])
    to_on = DateField(_l("いつまで(この日の前まで)"), [Optional()])

    def made(self) -> NewAssignment:
        return NewAssignment(
            UUID(self.account.data),
            AssignmentKind(self.kind.data),
            self.from_on.data or date.min,
            self.to_on.data,
        )


class AssignSeveralForm(AssignForm):
    """Let somebody answer for several territories at once."""

    territories = SelectMultipleField(
        _l("どの地域を"), [InputRequired(_l("地域を1つ以上選んでください。"))], coerce=str
    )

    def chosen(self) -> list[UUID]:
        """The territories."""
        return [UUID(one) for one in self.territories.data or []]


class EndForm(Form[date]):
    """End an assignment."""

    on = DateField(_l("終える日"), [InputRequired()])

    def made(self) -> date:
        return self.on.data or date.min


@dataclass(frozen=True)
class HandedIn:
    """A file that was handed in, and what shall be done with it."""

    options: Options
    file: FileStorage
    sheet: str | None


class ImportForm(Form[HandedIn]):
    """Hand in a file with districts, facilities or neighbourhoods."""

    kind = RadioField(
        _l("何のファイルですか"),
        [InputRequired()],
        choices=offered((kind.value, KIND_WORDS[kind]) for kind in ImportKind),
    )
    file = FileField(_l("ファイル"), [InputRequired()])
    on = DateField(_l("適用日"), [InputRequired()])
    create_territories = BooleanField(_l("ない地域を作る"))
    sheet = TextField(_l("シートの名前"), [Optional(), Length(max=100)])

    def made(self) -> HandedIn:
        options = Options(
            ImportKind(self.kind.data), self.on.data or date.min, bool(self.create_territories.data)
        )
        return HandedIn(options, self.file.data, self.sheet.data or None)
