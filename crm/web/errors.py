"""Friendly pages for what goes wrong, and one JSON shape for scripts."""

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from crm.core.problems import Conflict, Forbidden, Missing, Problem, TooLarge, TooMany
from crm.web.words import words_for

log = logging.getLogger("crm")
PAGES = frozenset({403, 404, 409, 413, 429, 500})


def status_of(problem: Problem) -> int:
    """The HTTP status that says what kind of problem this is."""
    for kind, status in ((Missing, 404), (Forbidden, 403), (Conflict, 409), (TooMany, 429), (TooLarge, 413)):
        if isinstance(problem, kind):
            return status
    return 422


def init_errors(app: Flask) -> None:
    """Answer every error with words; the page for 500 needs neither database nor user."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and request.accept_mimetypes["text/html"] == 0


def _answer(status: int, code: str, text: str, facts: dict[str, Any] | None = None) -> Response:
    if _wants_json():
        body = jsonify(
            error={"code": code, "text": text, "facts": {k: str(v) for k, v in (facts or {}).items()}}
        )
        return make_response(body, status)
    template = f"errors/{status if status in PAGES else 404 if status < 500 else 500}.html"
    return make_response(render_template(template, reason=text, code=code), status)


def _problem(problem: Problem) -> Response:
    status = status_of(problem)
    shown = status if status in PAGES else 409
    answer = _answer(shown if not _wants_json() else status, problem.code, words_for(problem), problem.facts)
    if minutes := problem.facts.get("minutes"):
        answer.headers["Retry-After"] = str(int(str(minutes)) * 60)
    return answer


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.get_response())
    status = error.code or 500
    if status in {301, 302, 303, 307, 308}:
        return make_response(error.get_response())
    return _answer(status, f"http_{status}", "")


def _crash(error: Exception) -> Response:
    g.no_database = True  # whatever broke may be the database: the page asks nothing of it
    log.exception("unexpected error at %s %s", request.method, request.url_rule, exc_info=error)
    return _answer(500, "unexpected", "")
