"""Doors for lists to take away: what a list shows, in the shape in which it can be imported again."""

import io
from typing import Any

from flask import Response, send_file, url_for

from crm.core.problems import Missing
from crm.sheets.writing import SheetOut, write_csv, write_xlsx
from crm.territory.imports.kinds import ImportKind
from crm.territory.imports.telling import KIND_WORDS, SHEET_NAMES
from crm.territory.queries import PlaceFilter
from crm.territory.sheets import columns_out, rows_out, shape_of
from crm.territory.views.door import day_asked, filter_asked, pages
from crm.web.access import Can
from crm.web.downloads import MEDIA_TYPES
from crm.web.site import clock, session

FORMATS = ("csv", "xlsx")
"""Formats a list is taken away in."""


@pages.get("/places/export/<shape>.<form>", access=Can.EXPORT)
def export(shape: str, form: str) -> Response:
    """The places of one shape as of a day, narrowed by what stands in the address, as CSV or Excel file."""
    if shape not in set(ImportKind) or form not in FORMATS:
        raise Missing("not_found")
    kind, day = ImportKind(shape), day_asked()
    rows, columns = rows_out(session(), kind, day, filter_asked()), columns_out(kind)
    made = io.BytesIO()  # a few megabytes even for 45,300 rows, and made before the answer begins
    if form == "csv":
        write_csv(made, columns, rows)
    else:
        write_xlsx(made, [SheetOut(str(SHEET_NAMES[kind]), columns, rows)], created=clock().now())
    made.seek(0)
    name = f"{SHEET_NAMES[kind]}_{day.isoformat()}.{form}"
    return send_file(made, mimetype=MEDIA_TYPES[form], as_attachment=True, download_name=name)


def export_links(narrowed: PlaceFilter, address: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each shape that a list may hold: what it is called, and its files as (name of the format, address)."""
    shapes = [shape_of(narrowed.kind)] if narrowed.kind is not None else list(ImportKind)
    return [
        (
            str(KIND_WORDS[shape]),
            [
                (label, url_for("territory.export", shape=shape.value, form=form, **address))
                for form, label in (("xlsx", "Excel"), ("csv", "CSV"))
            ],
        )
        for shape in shapes
    ]
