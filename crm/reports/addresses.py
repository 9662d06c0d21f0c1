"""Addresses of the contacts behind each number, as pages and papers link to them."""

from urllib.parse import quote

from crm.core.months import Month

SPANS = ("month", "year", "last_year")


def figure_address(base_url: str, month: Month, section: str, line: str, span: str) -> str:
    """Where the contacts behind one number are listed."""
    return f"{base_url}/reports/{month}/{section}/{quote(line, safe='')}?span={span}"
