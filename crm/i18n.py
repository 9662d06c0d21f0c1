"""The interface in words: Japanese everywhere, English too on public pages. The Japanese text is the msgid.

English stands in locale/en/LC_MESSAGES/messages.po, which is read as it is when the application is made: what
a translator saves is what the next start shows.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import flask_babel
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, has_app_context, has_request_context, request, session
from flask_babel import LazyString

from crm.core import wareki as japanese
from crm.core.clock import TOKYO, tokyo_day
from crm.core.months import FiscalYear, Month

JAPANESE, ENGLISH = "ja", "en"
LANGUAGES = {JAPANESE: "日本語", ENGLISH: "English"}
"""Every language there is, by its code, called as it calls itself."""

LANG = "lang"
"""Name of the query parameter, of the cookie and of the entry in the session that ask for a language."""

CATALOGUE = Path(__file__).parent / "locale" / ENGLISH / "LC_MESSAGES" / "messages.po"

_DOMAIN = "messages"
_COOKIE_SECONDS = 365 * 24 * 3600


def gettext(message: str, **facts: object) -> str:
    """Say a message in the language of the request, with the facts put in for %(name)s.

    The Japanese text is the message itself, so no catalogue is asked for it: a page says some hundred of them.
    """
    if language() == JAPANESE:
        return message % facts if facts else message
    return str(flask_babel.gettext(message, **facts))


def ngettext(one: str, many: str, num: int, **facts: object) -> str:
    """Say a message that English words differently for one and for many; %(num)s is the number."""
    return str(flask_babel.ngettext(one, many, num, **facts))


def lazy_gettext(message: str, **facts: object) -> str:
    """Give a message that is said in the language of whichever request shows it.

    It may stand wherever a text is shown; where a real str is needed (keys, JSON, joining) call str() on it.
    """
    return cast(str, LazyString(gettext, message, **facts))


def language() -> str:
    """Give the code of the language of this request; Japanese outside of one. Found out once a request."""
    if not has_app_context():
        return JAPANESE
    known = g.get(LANG)
    if known is None:
        locale = flask_babel.get_locale()
        known = g.lang = JAPANESE if locale is None else str(locale.language)
    return str(known)


def init_i18n(app: Flask, *, is_public: Callable[[], bool]) -> None:
    """Give the app its languages, and its templates FILTERS, `lang` and `language_links`.

    English is shown only where `is_public` says that this request is for a public page, and only when asked
    for: by ?lang=en, by the session or by a cookie, the first that names a language being heard. The page
    that answers a public ?lang= keeps the choice in the cookie.
    """

    def chosen() -> str:
        return _asked_for() if has_request_context() and is_public() else JAPANESE

    def context() -> dict[str, Any]:
        return {LANG: language(), "language_links": _links() if is_public() else ()}

    def keep_choice(response: Response) -> Response:
        if response.mimetype == "text/html" and is_public():
            response.vary.add("Cookie")
            if (choice := request.args.get(LANG)) in LANGUAGES:
                _keep(app, response, str(choice))
        return response

    babel = flask_babel.Babel(
        app, default_locale=JAPANESE, default_timezone="Asia/Tokyo", locale_selector=chosen
    )
    babel.domain_instance = _words()
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.context_processor(context)
    app.after_request(keep_choice)


def _asked_for() -> str:
    asked = (request.args.get(LANG), session.get(LANG), request.cookies.get(LANG))
    return next((code for code in asked if code in LANGUAGES), JAPANESE)


def _keep(app: Flask, response: Response, choice: str) -> None:
    response.set_cookie(
        LANG,
        choice,
        max_age=_COOKIE_SECONDS,
        path=app.config["APPLICATION_ROOT"],
        secure=app.config["SESSION_COOKIE_SECURE"] or request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _links() -> tuple[Mapping[str, Any], ...]:
    """The same page in each language."""
    query = request.args.to_dict(flat=False)
    return tuple(
        {
            LANG: code,
            "label": label,
            "url": "?" + urlencode({**query, LANG: code}, doseq=True),
            "current": code == language(),
        }
        for code, label in LANGUAGES.items()
    )


def _words() -> Any:
    """Make the messages of every language known beforehand, so that no compiled catalogue is looked for."""
    domain = flask_babel.Domain(domain=_DOMAIN)
    domain.cache[JAPANESE, _DOMAIN] = NullTranslations()
    domain.cache[ENGLISH, _DOMAIN] = _english()
    return domain


def _english() -> Translations:
    with CATALOGUE.open("rb") as lines:
        catalogue = read_po(lines, locale=ENGLISH)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=_DOMAIN)


def _day(when: date) -> date:
    """The day that is meant: of a moment, the day in Tokyo."""
    return tokyo_day(when) if isinstance(when, datetime) else when


def _in_english(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale=ENGLISH)


def _either(in_japanese: Callable[[date], str], pattern: str) -> Callable[[date | None], str]:
    """Make a filter for days: a Japanese way of writing, and a pattern for English. Nothing gives no text."""

    def written(when: date | None) -> str:
        if when is None:
            return ""
        day = _day(when)
        return in_japanese(day) if language() == JAPANESE else _in_english(day, pattern)

    return written


def _month(when: Month | date | None) -> str:
    if when is None:
        return ""
    month = when if isinstance(when, Month) else Month.of(_day(when))
    return month.wareki() if language() == JAPANESE else _in_english(month.first, "MMMM y")


def _fiscal(when: FiscalYear | Month | date | None) -> str:
    if when is None:
        return ""
    if isinstance(when, FiscalYear):
        year = when
    else:
        year = FiscalYear.of(when if isinstance(when, Month) else _day(when))
    return year.wareki() if language() == JAPANESE else f"fiscal year {year}"


def _number(value: int | float | Decimal | None) -> str:
    return "" if value is None else f"{value:,}"


def _clock(moment: datetime | None) -> str:
    if moment is None:
        return ""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return f"{moment.astimezone(TOKYO):%H:%M}"


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    between = " " if language() == JAPANESE else ", "
    return f"{FILTERS['wareki'](moment)}{between}{_clock(moment)}"


FILTERS: dict[str, Callable[..., str]] = {
    "wareki": _either(japanese.wareki, "d MMMM y"),
    "wareki_short": _either(japanese.wareki_short, "d MMM y"),
    "wareki_day": _either(japanese.wareki_day, "EEE d MMMM y"),
    "wareki_month": _month,
    "fiscal": _fiscal,
    "number": _number,
    "clock": _clock,
    "moment": _moment,
}
"""Jinja filters for days, months, moments (aware, shown in Tokyo's time) and numbers; None gives no text."""
