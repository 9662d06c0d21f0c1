"""What one running installation holds, and how a request reaches it: settings, store, clock, who asks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from flask import Flask, Request, current_app, g, request
from flask_login import current_user
from sqlmodel import Session

from crm.config import Settings
from crm.core.clock import Clock
from crm.core.problems import Forbidden
from crm.db.store import Store
from crm.db.tracked import Author, Via
from crm.web.access import Me

EXTENSION = "crm.site"


@dataclass
class Site:
    """One running installation. `choose` is the one place where a request gets its store."""

    settings: Settings
    store: Store
    clock: Clock
    choose: Callable[["Site", Request], Store] = lambda site, _request: site.store
    words: dict[str, Any] = field(default_factory=dict)
    sockets: dict[str, Any] = field(default_factory=dict)


def plug(app: Flask, site: Site) -> None:
    """Make `site` what this app runs on."""
    app.extensions[EXTENSION] = site


def site() -> Site:
    """The installation this request runs on."""
    return cast(Site, current_app.extensions[EXTENSION])


def settings() -> Settings:
    """The settings of this installation."""
    return site().settings


def clock() -> Clock:
    """The clock of this installation."""
    return site().clock


def today() -> date:
    """Today in Japan."""
    return site().clock.today()


def store() -> Store:
    """The store of this request, chosen once."""
    if "store" not in g:
        g.store = site().choose(site(), request)
    return cast(Store, g.store)


def me_or_none() -> Me | None:
    """The signed-in person, or None."""
    if "me" in g:
        return cast(Me | None, g.me)
    return cast(Me, current_user) if current_user.is_authenticated else None


def now_known(person: Me | None) -> None:
    """Who asks, read afresh: holds until the transaction of this request is over."""
    g.me = person


def me() -> Me:
    """The signed-in person; raises Forbidden where nobody is."""
    found = me_or_none()
    if found is None:
        raise Forbidden("not_signed_in")
    return found


def author() -> Author:
    """Who answers for changes made by this request."""
    known = me_or_none()
    return Author(known.account_id if known else None, Via.PAGE)


def session() -> Session:
    """The transaction of this request, begun by the route before its view runs."""
    return cast(Session, g.session)


@contextmanager
def unit_of_work(*, writes: bool) -> Iterator[Session]:
    """Begin the transaction of this request; what is not committed inside is rolled back at its end."""
    begin = store().write_session(author()) if writes else store().reading()
    with begin as opened:
        g.session = opened
        try:
            yield opened
        finally:
            del g.session
            g.pop("me", None)


@contextmanager
def apart() -> Iterator[Session]:
    """A short transaction of its own, for what must survive a refusal. Not inside a writing request on SQLite."""
    with store().writing(author()) as opened:
        yield opened


def add_words(app: Flask, *more: Mapping[str, Any]) -> None:
    """Tell the edge the words for a feature's problem codes. A code told twice is a mistake."""
    words = cast(Site, app.extensions[EXTENSION]).words
    for messages in more:
        if both := words.keys() & messages.keys():
            raise ValueError(f"two texts for {sorted(both)}")
        words.update(messages)
