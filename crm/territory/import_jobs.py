"""Imports as long work."""

from collections.abc import Callable, Mapping

from crm.jobs.queries import JobRow
from crm.jobs.running import Handler

HANDLERS: Mapping[str, Handler] = {}
RESULT_PAGES: Mapping[str, Callable[[JobRow], str | None]] = {}
