"""Headers of every answer, and the guard against requests from other sites."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, Forbidden, RequestEntityTooLarge

# frame-ancestors, form-action and base-uri do not fall back to default-src, so they are named.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
FONTS = "/static/vendor/fonts/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def init_headers(app: Flask) -> None:
    """Add the guard and the headers to an app."""
    app.before_request(_from_this_site)
    app.before_request(_without_nul)
    app.after_request(_dressed)


def _from_this_site() -> None:
    """Refuse a changing request that another site made the browser send.

    Sec-Fetch-Site says it outright; a browser too old for it sends Origin. A request with neither is no
    browser's page and is refused too: nothing of ours sends one. Nothing expires, so a form that lay open
    on a tablet for a week still goes through.
    """
    if request.method in SAFE:
        return
    came_from = request.headers.get("Sec-Fetch-Site")
    if came_from is not None:
        if came_from != "same-origin":
            raise Forbidden
        return
    origin = request.headers.get("Origin", "")
    if urlsplit(origin).netloc != request.host:
        raise Forbidden


def _without_nul() -> None:
    """Refuse NUL characters: no keyboard makes them, and PostgreSQL keeps none in a text."""
    try:
        texts = [request.path, *(text for _name, text in request.values.items(multi=True))]
    except RequestEntityTooLarge:
        return  # nothing was read; the form for files says so at its field
    if any("\0" in text for text in texts):
        raise BadRequest


def _dressed(answer: Response) -> Response:
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static":
        # Fonts are asked for by their own sheets, without a fingerprint: they change with a release at most.
        aged = 31536000 if request.args.get("v") else 86400 if request.path.startswith(FONTS) else 0
        if aged:
            headers["Cache-Control"] = (
                f"public, max-age={aged}{', immutable' if request.args.get('v') else ''}"
            )
    else:
        headers["Cache-Control"] = "no-store"  # also where send_file thinks otherwise: tablets are shared
    return answer
