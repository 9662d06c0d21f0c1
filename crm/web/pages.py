"""Routes with their key on them: every page says who may open it, or the app does not start."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, make_response, redirect, request
from sqlmodel import Session
from werkzeug.exceptions import Forbidden

from crm.web.access import Can, may
from crm.web.site import me_or_none, now_known, site, unit_of_work

View = Callable[..., Any]
V = TypeVar("V", bound=View)

ACCESS = "crm_access"
WRITES = "crm_writes"
SIGN_IN = "web.sign_in"
"""Socket: callable() that answers somebody who has to sign in first."""


STILL = "web.still"
"""Socket: callable(session, me) that gives the signed-in person as the database knows them now, or None."""


class Pages(Blueprint):
    """A blueprint whose routes carry `access`. GET reads, POST writes; one transaction per request.

    The commit happens here, before the answer leaves, if its status is below 400; else everything is
    rolled back. `own_transaction=True` is for the few views that must keep something though they refuse
    (sign-in), or do long work outside a transaction (uploads).
    """

    def get(  # type: ignore[override]
        self, rule: str, *, access: Can, endpoint: str | None = None, own_transaction: bool = False
    ) -> Callable[[V], V]:
        return self._door(rule, "GET", access, endpoint, own_transaction)

    def post(  # type: ignore[override]
        self, rule: str, *, access: Can, endpoint: str | None = None, own_transaction: bool = False
    ) -> Callable[[V], V]:
        return self._door(rule, "POST", access, endpoint, own_transaction)

    def route(self, rule: str, **options: Any) -> Callable[[Any], Any]:
        raise TypeError("use get or post, which carry access")

    def _door(
        self, rule: str, method: str, access: Can, endpoint: str | None, own_transaction: bool
    ) -> Callable[[V], V]:
        if not isinstance(access, Can):
            raise TypeError(f"{rule}: access must be one of Can")

        def register(view: V) -> V:
            door = _guarded(view, access, writes=method == "POST", own_transaction=own_transaction)
            name = endpoint or (
                view.__name__ if method == "GET" else view.__name__.removesuffix("_post") + "_post"
            )
            self.add_url_rule(rule, endpoint=name, view_func=door, methods=[method])
            return view

        return register


def _guarded(view: View, access: Can, *, writes: bool, own_transaction: bool) -> View:
    @wraps(view)
    def door(**parts: Any) -> Response:
        if refusal := _refusal(access):
            return refusal
        if own_transaction:
            return make_response(view(**parts))
        with unit_of_work(writes=writes) as session:
            if writes and (refusal := _refusal_now(session, access)):
                return refusal
            answer = make_response(view(**parts))
            if writes and answer.status_code < 400:
                session.commit()
            return answer

    setattr(door, ACCESS, access)
    setattr(door, WRITES, writes)
    return door


def _refusal(access: Can) -> Response | None:
    known = me_or_none()
    if may(known.role if known else None, access):
        return None
    if known is not None:
        raise Forbidden
    return make_response(site().sockets[SIGN_IN]())


def _refusal_now(session: Session, access: Can) -> Response | None:
    """Judge once more when nobody else can write: who waited for the lock may have lost the right meanwhile."""
    known = me_or_none()
    if known is None:
        return None
    now_known(site().sockets[STILL](session, known))
    return _refusal(access)


def see(target: str) -> Response:
    """303 See Other: after something was sent, the page to read next, which a reload does not send again."""
    return make_response(redirect(target, 303))


def access_of(app: Flask, endpoint: str) -> Can | None:
    """The permission a route asks for; None where it names none."""
    return cast(Can | None, getattr(app.view_functions.get(endpoint), ACCESS, None))


def check_doors(app: Flask) -> None:
    """Refuse to start with a route that has no access on it (Flask's own static files are public)."""
    bare = sorted(
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and access_of(app, rule.endpoint) is None
    )
    if bare:
        raise RuntimeError(f"routes without access: {', '.join(bare)}")


def is_public() -> bool:
    """Whether the page asked for is one that anybody may open."""
    return request.endpoint is None or access_of(current_app, request.endpoint) is Can.ENTER
