"""Forms of visits."""

from collections.abc import Sequence
from uuid import UUID

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from crm.core.problems import Missing, Problem
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.territory.access import Confidential
from crm.territory.messages import CONFIDENTIAL_NAMES, KIND_NAMES
from crm.territory.models import Kind
from crm.visits.messages import MET_NAMES, SUPPORT_NAMES, WAY_NAMES
from crm.visits.models import Met, Support, Way
from crm.visits.service import RecordLog, fresh_id
from crm.web.forms import DateField, Form, TextField, offered

MET_WHOM = 200
"""Characters that the column of who was met holds."""

BETWEEN = "、"
"""Stands between those who were met."""


def id_given(text: str | None) -> UUID | None:
    """The id that a form or an address gives, None where it gives none; raises "not_found" for what is no id."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as why:
        raise Missing("not_found") from why


class RecordForm(Form[RecordLog]):
    """What happened at one contact: a plain visit is a few taps and no typing."""

    record_id = HiddenField()
    place = HiddenField()
    call = HiddenField()
    rev = HiddenField()
    way_offered = HiddenField()
    on = DateField(_l("日付"), [InputRequired()])
    apart = BooleanField(_l("この予定とは別の訪問"))
    met = RadioField(
        _l("会えましたか"), choices=offered((m.value, MET_NAMES[m]) for m in Met), default=Met.MET.value
    )
    supports = SelectMultipleField(
        _l("支援"),
        choices=offered((s.value, SUPPORT_NAMES[s]) for s in Support),
        description=_l("どれも同じ大切さです。いくつ選んでも、選ばなくてもかまいません。"),
    )
    met_holders = SelectMultipleField(_l("会った人"), validate_choice=False)
    met_whom = TextField(_l("会った人"), [Optional(), Length(max=MET_WHOM)])
    heard = TextAreaField(_l("聞いたこと・見たこと"), [Optional(), Length(max=20_000)])
    way = RadioField(
        _l("方法"), choices=offered((w.value, WAY_NAMES[w]) for w in Way), default=Way.REGULAR.value
    )
    attendance = IntegerField(_l("参加人数"), [Optional(), NumberRange(0, 100_000)])
    confidential = RadioField(
        _l("読める人"),
        choices=offered((c.value, CONFIDENTIAL_NAMES[c]) for c in Confidential),
        default=Confidential.OPEN.value,
    )

    def offer_holders(self, holders: Sequence[str]) -> None:
        """Offer those who hold a post, so that nobody types who was met; whoever was chosen stays offered."""
        offer = dict.fromkeys([*holders, *(self.met_holders.data or [])])
        self.met_holders.choices = offered((one, one) for one in offer)
        if offer:
            self.met_whom.label.text = _("ほかに会った人")

    def tell_met(self, met_whom: str, holders: Sequence[str]) -> None:
        """Begin with who was met as a record says it: those who are offered as chosen, the others as typed."""
        people = met_whom.split(BETWEEN) if met_whom else []
        self.met_holders.data = [one for one in people if one in holders]
        self.met_whom.data = BETWEEN.join(one for one in people if one not in holders)

    def everybody_met(self) -> str:
        """Who was met, chosen and typed, in one line."""
        return BETWEEN.join([*(self.met_holders.data or []), *filter(None, [self.met_whom.data])])

    def validate_met_holders(self, _field: SelectMultipleField) -> None:
        """Chosen and typed together have to fit."""
        if len(self.everybody_met()) > MET_WHOM:
            raise ValidationError(_("会った人は、あわせて%(most)s文字までです。", most=MET_WHOM))

    def made(self) -> RecordLog:
        record_id = id_given(self.record_id.data)
        if record_id is None or self.on.data is None:
            raise Problem("not_found")
        return RecordLog(
            record_id,
            self.on.data,
            Way(self.way.data),
            Met(self.met.data),
            id_given(self.place.data),
            id_given(self.call.data),
            self.everybody_met(),
            frozenset(Support(one) for one in self.supports.data or []),
            self.attendance.data,
            self.heard.data or "",
            Confidential(self.confidential.data),
            apart=bool(self.apart.data),
            way_chosen=self.way.data != self.way_offered.data,
        )

    def refuse(self, problem: Problem) -> None:
        """The place is not typed here: that it was not open then is the day's fault, anything else the form's.

        Sent again after being told that its record was taken back, it makes a record of its own.
        """
        if problem.field == "place":
            problem.field = "on" if problem.code == "place_closed" else None
        if problem.code == "record_withdrawn":
            self.record_id.data = str(fresh_id())
        super().refuse(problem)


class WithdrawForm(Form[str]):
    """Take a record back, saying why."""

    why = TextField(_l("取り消す理由"), [InputRequired(), Length(max=200)])

    def made(self) -> str:
        return self.why.data or ""


class MoveForm(Form[tuple[object, UUID]]):
    """Put a call on another day or with another worker. `seen` is the call's mark as it was shown."""

    seen = HiddenField()
    on = DateField(_l("日付"), [InputRequired()])
    worker = SelectField(_l("訪問する人"))

    def refuse(self, problem: Problem) -> None:
        """The place is not typed here: that it is not open then is the day's fault, anything else the form's."""
        if problem.field == "place":
            problem.field = "on" if problem.code == "place_closed" else None
        super().refuse(problem)


class CancelForm(Form[str]):
    """Cancel a planned call. `seen` is the call's mark as it was shown."""

    seen = HiddenField()
    reason = TextField(_l("取りやめる理由"), [InputRequired(), Length(max=200)])

    def made(self) -> str:
        return self.reason.data or ""


class AddCallForm(MoveForm):
    """Add a call by hand."""

    place = HiddenField()


class IntervalForm(Form[tuple[Kind, int]]):
    """How often a kind of place is called on."""

    kind = SelectField(_l("種別"), choices=offered((k.value, KIND_NAMES[k]) for k in Kind))
    every_months = IntegerField(
        _l("何か月に1回"),
        [InputRequired(), NumberRange(0, 60)],
        description=_l("0にすると、計画に入れません。"),
    )

    def made(self) -> tuple[Kind, int]:
        return Kind(self.kind.data), self.every_months.data or 0
