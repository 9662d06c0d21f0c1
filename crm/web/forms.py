"""Forms: typed input, errors at the right field, nothing that was typed is lost."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from flask_babel import LazyString
from wtforms import DateField as WtDateField
from wtforms import Field as WtField
from wtforms import Form as WtForm
from wtforms import StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.meta import DefaultMeta

from crm.core.months import Month
from crm.core.problems import Missing, Problem, Problems, TooMany
from crm.core.wareki import read_date
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.web.words import words_for

T = TypeVar("T")


class _Translations:
    """WTForms' own few sentences, in the user's language."""

    def gettext(self, text: str) -> str:
        return str(_WTFORMS.get(text, text))

    def ngettext(self, one: str, many: str, n: int) -> str:
        return str(_WTFORMS.get(one, one if n == 1 else many))


_WTFORMS: Mapping[str, LazyString] = {
    "This field is required.": _l("入力してください。"),
    "Not a valid choice.": _l("選択肢の中から選んでください。"),
    "Not a valid choice": _l("選択肢の中から選んでください。"),
    "'%(value)s' is not a valid choice for this field.": _l("選択肢の中から選んでください。"),
    "'%(value)s' are not valid choices for this field.": _l("選択肢の中から選んでください。"),
    "Invalid Choice: could not coerce.": _l("選択肢の中から選んでください。"),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("選択肢の中から選んでください。"),
    "Not a valid integer value.": _l("数字で入力してください。"),
    "Not a valid decimal value.": _l("数字で入力してください。"),
    "Not a valid date value.": _l("日付として読めません。例:2026-05-11、令和8年5月11日"),
    "Field cannot be longer than %(max)d character.": _l("%(max)d文字までで入力してください。"),
    "Field cannot be longer than %(max)d characters.": _l("%(max)d文字までで入力してください。"),
    "Field must be at least %(min)d character long.": _l("%(min)d文字以上で入力してください。"),
    "Field must be at least %(min)d characters long.": _l("%(min)d文字以上で入力してください。"),
    "Field must be between %(min)d and %(max)d characters long.": _l(
        "%(min)d文字以上%(max)d文字以内で入力してください。"
    ),
    "Number must be between %(min)s and %(max)s.": _l("%(min)sから%(max)sまでの数で入力してください。"),
    "Number must be at least %(min)s.": _l("%(min)s以上の数で入力してください。"),
    "Number must be at most %(max)s.": _l("%(max)s以下の数で入力してください。"),
}


class _Meta(DefaultMeta):
    def get_translations(self, form: Any) -> Any:
        return _Translations()


@dataclass(frozen=True)
class FieldError:
    """One line of the summary at the top of a form. `field_id` is None where no field is to blame."""

    text: str
    field_id: str | None


class Form(WtForm, Generic[T]):
    """A form that makes one value (`made`) and hands it to a use case."""

    Meta = _Meta

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusals: list[FieldError] = []

    def made(self) -> T:
        """The value that this form describes; called only when every field is in order."""
        raise TypeError(f"{type(self).__name__} makes nothing")

    def accepts(self, use_case: Callable[[T], Any]) -> bool:
        """Whether the fields are in order and the use case took them; what it refuses goes to its field."""
        if not self.validate():
            return False
        try:
            use_case(self.made())
        except TooMany:
            raise  # nothing in the fields is wrong: the answer is to wait
        except Problems as several:
            for problem in several.all:
                self.refuse(problem)
            return False
        except Problem as problem:
            self.refuse(problem)
            return False
        return True

    def refuse(self, problem: Problem) -> None:
        """Show a problem at its field, or at the top where it has none."""
        text = words_for(problem)
        target = self._fields.get(problem.field or "")
        if target is None:
            self.refusals.append(FieldError(text, None))
        else:
            target.errors = [*target.errors, text]

    def all_errors(self) -> Iterator[FieldError]:
        """Every error of this form, in the order of its fields."""
        yield from self.refusals
        for name, one in self._fields.items():
            for text in one.errors:
                yield FieldError(
                    _("%(label)s:%(text)s", label=str(one.label.text), text=str(text)), _first_id(one, name)
                )


EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Days that a person can mean: a year with a digit missing is a slip of the finger."""


def whole_number(text: str | None, *, most: int = 999_999_999) -> int | None:
    """A whole number from an address or a hidden field; None for anything else, however it looks."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return min(int(text), most)


def month_or_missing(text: str) -> Month:
    """The month in an address (2026-05); what is no month is no page: raises Missing "not_found"."""
    try:
        return Month.parse(text)
    except Problem as why:
        raise Missing("not_found") from why


def offered(pairs: Iterable[tuple[object, object]], empty: object = None) -> Any:
    """Choices for a field, from pairs of value and label; `empty` names the choice of none of them."""
    first = [] if empty is None else [SelectChoice("", empty)]
    return first + [SelectChoice(str(value), label) for value, label in pairs]


def _first_id(one: WtField, name: str) -> str:
    options = getattr(one, "iter_choices", None)
    widget = type(getattr(one, "widget", None)).__name__
    return f"{one.id}-0" if options and widget == "ListWidget" else str(one.id or name)


def stripped(value: str | None) -> str | None:
    """Blanks at the ends are slips of the finger, not part of a name."""
    return value.strip() if isinstance(value, str) else value


class TextField(StringField):
    """One line of text, without blanks at its ends."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = stripped(self.data)


class DateField(WtDateField):
    """A day, as a browser's date field sends it or as people write it (令和8年5月11日, R8.5.11)."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_data = valuelist
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            self.data = read_date(str(valuelist[0]))
            if not EARLIEST <= self.data <= LATEST:
                raise Problem("date_implausible", earliest=EARLIEST, latest=LATEST)
        except Problem as problem:
            self.data = None
            raise ValueError(words_for(problem)) from problem

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0]) if self.data is None else self.data.isoformat()
        return self.data.isoformat() if isinstance(self.data, date) else ""
