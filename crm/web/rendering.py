"""Rendering of pages: what every template may count on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, g, make_response, render_template, request, url_for
from markupsafe import Markup

from crm.core.canonical import digest
from crm.core.wareki import weekday
from crm.i18n import gettext as _
from crm.web.access import Can, Me, may
from crm.web.site import me_or_none, settings

NAVIGATION = "crm_navigation"


@dataclass(frozen=True)
class NavItem:
    """One entry of the main navigation; `area` is the blueprint that it stands for."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class Area:
    """A room of the house in the navigation: label (translated when shown), endpoint, who may enter."""

    label: Any
    endpoint: str
    access: Can
    blueprints: tuple[str, ...] = ()


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a template as an answer."""
    return make_response(render_template(template, **values), status)


def part(template: str, **values: Any) -> Markup:
    """Render a part of a page, for a socket. The template is ours and escapes what it shows."""
    return Markup(render_template(template, **values))  # noqa: S704  # nosec B704


def init_rendering(app: Flask, areas: tuple[Area, ...], organisation_name: Callable[[], str]) -> None:
    """Tell templates the navigation, the organisation and who is signed in."""
    app.jinja_options["autoescape"] = True
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["weekday"] = weekday
    app.jinja_env.filters["map_names"] = lambda keys, names: [names[one] for one in keys]
    static = _Fingerprints(Path(str(app.static_folder)))

    def context() -> dict[str, Any]:
        """What every template may count on: reckoned once for a page and all of its parts."""
        bare = bool(getattr(g, "no_database", False))
        if getattr(g, "crm_context_bare", None) is not bare:
            g.crm_context_bare, g.crm_context = bare, values(None if bare else me_or_none())
        return cast(dict[str, Any], g.crm_context)

    def values(known: Me | None) -> dict[str, Any]:
        return {
            "me": known,
            "may": lambda can: may(known.role if known else None, Can(can)),
            "organisation": organisation_name() if known else "",
            "sample_town": settings().sample_town,
            "nav_items": _navigation(areas) if known else [],
            "account_items": [NavItem(_("端末とパスワード"), url_for("accounts.devices"), False)]
            if known
            else [],
            "sign_out_url": url_for("accounts.sign_out_post") if known else None,
            "home_url": url_for("home.show"),
            "asset": static.url,
        }

    app.context_processor(context)


def _navigation(areas: tuple[Area, ...]) -> list[NavItem]:
    known = me_or_none()
    here = request.blueprint or ""
    return [
        NavItem(
            str(area.label),
            url_for(area.endpoint),
            here in (area.blueprints or (area.endpoint.split(".")[0],)),
        )
        for area in areas
        if known and may(known.role, area.access)
    ]


class _Fingerprints:
    """Addresses of static files that change with their content, so that they may be kept for a year."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, tuple[float, str]] = {}

    def url(self, name: str) -> str:
        path = self.folder / name
        try:
            changed = path.stat().st_mtime
        except FileNotFoundError:
            return url_for("static", filename=name)
        if name not in self.known or self.known[name][0] != changed:
            self.known[name] = (changed, digest(path.read_bytes().hex())[:12])
        return url_for("static", filename=name, v=self.known[name][1])
