"""Doors of imports."""

from flask import Response

from crm.web.access import Can
from crm.web.pages import Pages
from crm.web.rendering import page

pages = Pages("imports", "crm.territory", template_folder="templates")


@pages.get("/imports", access=Can.KEEP_PLACES)
def new() -> Response:
    """Hand in a file."""
    return page("territory/places.html")
