"""Doors of the territory."""

from crm.territory.views import changes, exports, lists, towns
from crm.territory.views.door import pages

__all__ = ["changes", "exports", "lists", "pages", "towns"]
