"""The page /design: every part of the design system, on invented specimens."""

from typing import Any

from flask import Response
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange

from crm.core.months import FiscalYear
from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.web.access import Can
from crm.web.charts import bar_chart, month_columns
from crm.web.forms import DateField, Form, TextField, offered
from crm.web.pages import Pages
from crm.web.rendering import page

pages = Pages("design", __name__)

SUPPORT = (
    ("presence", _l("いるだけ")),
    ("observation", _l("見るだけ")),
    ("direct", _l("直接支援")),
)
WAYS = (
    ("round", _l("定期訪問")),
    ("extra", _l("臨時訪問")),
    ("meeting", _l("会議・行事への同席")),
    ("phone", _l("電話")),
    ("desk", _l("来所相談")),
    ("online", _l("オンライン")),
)
TERRITORIES = (("hanaizumi", "花泉"), ("daito", "大東"), ("senmaya", "千厩"))
CALLS_BY_TERRITORY = (
    ("一関", 158),
    ("花泉", 66),
    ("大東", 69),
    ("千厩", 43),
    ("東山", 27),
    ("室根", 21),
    ("川崎", 26),
    ("藤沢", 43),
)
CALLS_BY_MONTH = (121, 134, 128, 142, 97, 139, 145, 131, 88, None, None, None)
CALLS_A_YEAR_BEFORE = (118, 120, 131, 125, 101, 127, 138, 122, 90, 84, 110, 96)


class SpecimenForm(Form[None]):
    """One field of every kind."""

    name = TextField(_l("行政区の名前"), [InputRequired()], description=_l("ふだん使っている書き方のまま。"))
    met_on = DateField(_l("訪問日"), [InputRequired()])
    households = IntegerField(_l("世帯数"), [NumberRange(min=0)])
    territory = SelectField(_l("地域"), choices=offered(TERRITORIES))
    note = TextAreaField(_l("聞いたこと・見たこと"))
    way = RadioField(_l("方法"), [InputRequired()], choices=offered(WAYS))
    support = SelectMultipleField(_l("支援"), choices=offered(SUPPORT))
    places = SelectMultipleField(_l("地域(いくつでも)"), choices=offered(TERRITORIES))
    together = BooleanField(_l("ふたりで訪ねた"))
    paper = FileField(_l("取り込むファイル"))


@pages.get("/design", access=Can.SIGNED_IN)
def show() -> Response:
    """All of it, for whoever wants to see what pages are made of."""
    return page("design/index.html", **specimens())


def specimens() -> dict[str, Any]:
    """The values that templates/design/index.html is rendered with."""
    good = SpecimenForm(
        data={
            "name": "末広1区",
            "households": 102,
            "territory": "daito",
            "way": "round",
            "support": ["observation"],
        }
    )
    refused = SpecimenForm(MultiDict({"wrong-met_on": "", "wrong-households": "-3"}), prefix="wrong-")
    refused.validate()
    return {"good": good, "refused": refused, "calls_by_territory": CALLS_BY_TERRITORY, **_charts()}


def _charts() -> dict[str, Any]:
    months = list(FiscalYear(2025).months())
    by_month = month_columns(
        _("月ごとの訪問"),
        list(zip(months, CALLS_BY_MONTH, strict=True)),
        _("件"),
        name=_("今年度"),
        previous=CALLS_A_YEAR_BEFORE,
        previous_name=_("前年度"),
    )
    rows = [
        (month.wareki(), "—" if now is None else now, before)
        for month, now, before in zip(months, CALLS_BY_MONTH, CALLS_A_YEAR_BEFORE, strict=True)
    ]
    return {
        "territory_chart": bar_chart(_("地域ごとの訪問"), CALLS_BY_TERRITORY, _("件")),
        "month_chart": by_month,
        "month_rows": rows,
    }
