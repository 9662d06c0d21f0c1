"""One text for one value, so that two readings of the same figures have the same digest."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from crm.core.months import FiscalYear, Month


def canonical_json(value: object) -> str:
    """Write a value as JSON in one way only: keys sorted, no spaces, characters as they are.

    Dates, UUIDs, months, fiscal years, decimals and enums (by their value) become text, aware moments their
    UTC text, sets sorted lists. Raises TypeError for anything else, ValueError for naive moments, for NaN and
    infinity, and where two keys of a mapping become one.
    """
    return json.dumps(
        _plain(value), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def digest(text: str) -> str:
    """Give the SHA-256 of a text in UTF-8, in 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=canonical_json)
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, Enum)):
        return value
    return _text(value)


def _plain_mapping(value: Mapping[object, object]) -> dict[str, object]:
    plain = {key if type(key) is str else _text(key): _plain(item) for key, item in value.items()}
    if len(plain) != len(value):
        raise ValueError("two keys become the same text")
    return plain


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Month | FiscalYear | Decimal | int | str) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"no canonical text for {type(value).__name__}")
