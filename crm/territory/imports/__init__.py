"""Districts, facilities and places from files: read, compared with what is known, shown, and taken in."""

from crm.territory.imports.command import run_import

__all__ = ["run_import"]
