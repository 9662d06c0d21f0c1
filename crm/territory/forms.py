"""Forms of the territory."""

from collections.abc import Sequence

from wtforms import SearchField, SelectField
from wtforms.validators import Length, Optional

from crm.i18n import gettext as _
from crm.i18n import lazy_gettext as _l
from crm.territory.messages import KIND_NAMES
from crm.territory.models import Kind
from crm.territory.queries import TerritoryRow
from crm.web.forms import DateField, Form


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
        self.territory.choices = [("", _("すべて")), *((str(town.id), town.name) for town in towns)]
        self.kind.choices = [("", _("すべて")), *((kind.value, str(KIND_NAMES[kind])) for kind in Kind)]
