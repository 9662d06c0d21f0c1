"""How large a file an installation takes."""

from crm.config import Settings
from crm.sheets.columns import HEADER_WITHIN
from crm.sheets.limits import Limits


def limits_of(settings: Settings) -> Limits:
    """The limits for a file that is handed in, as the settings say."""
    return Limits(file_bytes=settings.upload_bytes, rows=settings.import_rows + HEADER_WITHIN)
