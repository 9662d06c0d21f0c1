"""create_app(): the one place where everything meets."""

from collections.abc import Mapping
from datetime import timedelta
from functools import wraps
from typing import Any, cast
from uuid import UUID

from flask import Flask, Response, g, has_request_context, redirect, url_for
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from crm.accounts import identity, trail_words
from crm.accounts import messages as account_messages
from crm.accounts import queries as account_queries
from crm.accounts import service as account_service
from crm.accounts import views as account_views
from crm.config import Settings
from crm.core.clock import Clock, SystemClock
from crm.db.store import Store
from crm.groups import messages as people_messages
from crm.groups import views as people_views
from crm.i18n import init_i18n
from crm.i18n import lazy_gettext as _l
from crm.jobs import housekeeping
from crm.jobs import messages as job_messages
from crm.jobs import views as job_views
from crm.jobs.housekeeping import HOUSEKEEPING, Tidy
from crm.jobs.queries import JobRow
from crm.jobs.running import Handler, Work
from crm.operations import handlers as operation_handlers
from crm.operations import messages as operation_messages
from crm.operations import tidying
from crm.reports import jobs as report_jobs
from crm.reports import messages as report_messages
from crm.reports import tidying as report_tidying
from crm.reports import views as report_views
from crm.sheets import messages as sheet_messages
from crm.territory import import_jobs, import_views
from crm.territory import messages as territory_messages
from crm.territory import queries as territory_queries
from crm.territory import views as territory_views
from crm.visits import messages as visit_messages
from crm.visits import plan_jobs, plan_views
from crm.visits import queries as visit_queries
from crm.visits import views as visit_views
from crm.web import design, words
from crm.web.access import Can, Role, may
from crm.web.errors import init_errors
from crm.web.headers import init_headers
from crm.web.pages import SIGN_IN, STILL, Pages, check_doors, is_public
from crm.web.rendering import Area, init_rendering, part
from crm.web.site import Site, add_words, me, me_or_none, plug, session, site

AREAS = (
    Area(_l("今日"), "visits.today", Can.RECORD_CONTACTS, ("visits",)),
    Area(_l("訪問先"), "territory.places", Can.SEE_PLACES, ("territory", "imports")),
    Area(_l("名簿"), "people.index", Can.SEE_PEOPLE, ("people",)),
    Area(_l("計画"), "plan.show", Can.SEE_PLAN, ("plan",)),
    Area(_l("報告"), "reports.index", Can.SEE_REPORTS, ("reports",)),
    Area(_l("作業"), "jobs.index", Can.SEE_JOBS, ("jobs",)),
    Area(_l("設定"), "accounts.people", Can.KEEP_ACCOUNTS, ("accounts",)),
)

TIDIES: tuple[Tidy, ...] = (tidying.uploads, report_tidying.papers)
"""What each package lets go once a day (crm/jobs/housekeeping.py)."""

HANDLERS: dict[str, Handler] = {
    HOUSEKEEPING: housekeeping.handler(TIDIES),
    **import_jobs.HANDLERS,
    **plan_jobs.HANDLERS,
    **report_jobs.HANDLERS,
    **operation_handlers.HANDLERS,
}
"""Every kind of long work and what does it."""


def handlers(app: Flask) -> dict[str, Handler]:
    """The handlers, each inside an app context: what they write for people goes through gettext."""

    def inside(handler: Handler) -> Handler:
        @wraps(handler)
        def run(work: Work) -> Mapping[str, Any] | None:
            with app.app_context():
                return handler(work)

        return run

    return {kind: inside(handler) for kind, handler in HANDLERS.items()}


home = Pages("home", __name__)


@home.get("/", access=Can.SIGNED_IN)
def show() -> Response:
    """Everybody's own beginning: a worker's day, a reader's reports, an administrator's people."""
    first = next(area for area in AREAS if may(me().role, area.access))
    target = "accounts.people" if me().role is Role.ADMINISTRATOR else first.endpoint
    return cast(Response, redirect(url_for(target), 303))


def create_app(settings: Settings, *, store: Store | None = None, clock: Clock | None = None) -> Flask:
    """The application of one installation. Raises RuntimeError when a route has no access on it."""
    app = Flask("crm")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="meguri",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_DURATION=timedelta(days=0),
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.sign_in_days),
        # A little over the limit for one file, so that the form around it still fits and can say so in words.
        MAX_CONTENT_LENGTH=settings.upload_bytes + 1024 * 1024,
        TEMPLATES_AUTO_RELOAD=False,
    )
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    plug(app, Site(settings, store or Store(settings.database), clock or SystemClock()))
    init_i18n(app, is_public=is_public)
    identity.init_identity(app)
    init_headers(app)
    init_errors(app)
    init_rendering(app, AREAS, _organisation_name)
    _words(app)
    _sockets(app)
    for pages in (
        home,
        account_views.pages,
        territory_views.pages,
        import_views.pages,
        people_views.pages,
        visit_views.pages,
        plan_views.pages,
        report_views.pages,
        job_views.pages,
        design.pages,
    ):
        app.register_blueprint(pages)
    check_doors(app)
    return app


def _words(app: Flask) -> None:
    add_words(
        app,
        words.MESSAGES,
        sheet_messages.MESSAGES,
        job_messages.MESSAGES,
        account_messages.MESSAGES,
        territory_messages.MESSAGES,
        people_messages.MESSAGES,
        visit_messages.MESSAGES,
        report_messages.MESSAGES,
        operation_messages.MESSAGES,
    )


def _sockets(app: Flask) -> None:
    """What a lower package lets a higher one fill in; all of it stands here."""
    with app.app_context():
        site().sockets.update(
            {
                SIGN_IN: account_views.ask_to_sign_in,
                STILL: identity.still_signed_in,
                "territory.people": people_views.of_place,
                "territory.coming": _coming,
                "territory.timeline": _timeline,
                job_views.RESULTS: {
                    **import_jobs.RESULT_PAGES,
                    **plan_jobs.RESULT_PAGES,
                    report_jobs.CLOSE: _report_page,
                    report_jobs.MAKE: _report_page,
                },
                job_views.KINDS: {
                    **job_messages.NAMES,
                    **operation_messages.NAMES,
                    **import_jobs.NAMES,
                    **plan_jobs.NAMES,
                },
                job_views.FACTS: {
                    HOUSEKEEPING: job_views.housekeeping_facts,
                    **operation_handlers.FACTS,
                    **plan_jobs.FACTS,
                },
                job_views.NEEDS: {
                    import_jobs.PREVIEW: Can.KEEP_PLACES,
                    import_jobs.APPLY: Can.KEEP_PLACES,
                    plan_jobs.PROPOSE: Can.MAKE_PLAN,
                    report_jobs.CLOSE: Can.CLOSE_MONTH,
                    report_jobs.MAKE: Can.SEE_REPORTS,
                    HOUSEKEEPING: Can.KEEP_ORGANISATION,
                    "backup": Can.KEEP_ORGANISATION,
                },
                job_views.NAMES: account_queries.names,
                trail_words.CHOICES: _choices(),
                trail_words.NEEDS: {
                    "record": Can.SEE_RECORDS,
                    "call": Can.SEE_PLAN,
                    "month_plan": Can.SEE_PLAN,
                    "month_close": Can.SEE_REPORTS,
                },
                trail_words.NAMES: {
                    "account": account_queries.names,
                    "territory": _territory_names,
                    "place": _place_names,
                },
            }
        )


def _choices() -> dict[str, Mapping[Any, Any]]:
    """What the members of each enum in the audit trail are called, by column."""
    return {
        "account.role": account_messages.ROLE_NAMES,
        "one_time_link.purpose": account_messages.PURPOSE_NAMES,
        "assignment.kind": territory_messages.ASSIGNMENT_NAMES,
        "lineage.kind": territory_messages.LINEAGE_NAMES,
        "kind": territory_messages.KIND_NAMES,
        "confidential": territory_messages.CONFIDENTIAL_NAMES,
        "channel": people_messages.CHANNEL_NAMES,
        "way": visit_messages.WAY_NAMES,
        "met": visit_messages.MET_NAMES,
        "month_plan.state": visit_messages.PLAN_NAMES,
        "call.state": visit_messages.CALL_NAMES,
        "job.kind": {
            **job_messages.NAMES,
            **import_jobs.NAMES,
            report_jobs.CLOSE: _l("月次確定"),
            report_jobs.MAKE: _l("報告書の作成"),
        },
    }


def _place_names(session: Session, ids: set[UUID]) -> Mapping[UUID, str]:
    return territory_queries.names_on(session, ids, site().clock.today())


def _territory_names(session: Session, ids: set[UUID]) -> Mapping[UUID, str]:
    return {row.id: row.name for row in territory_queries.territories(session) if row.id in ids}


def _report_page(job: JobRow) -> str:
    return url_for("reports.making", month=job.arguments["month"], job_id=job.id)


CARD_RECORDS = 10
"""Contacts that a card shows; the list of all of them is one tap away."""


def _coming(place_id: UUID) -> Markup:
    """The next call planned for a place, for its card: only where the one who asks may open it."""
    known = me_or_none()
    if known is None or not may(known.role, Can.RECORD_CONTACTS):
        return Markup("")
    call = visit_queries.next_call(session(), place_id, site().clock.today())
    return part("visits/coming.html", call=call) if call else Markup("")


def _timeline(place_id: UUID) -> Markup:
    """The records of a place, for its card: only where the one who asks may see records."""
    known = me_or_none()
    if known is None or not may(known.role, Can.SEE_RECORDS):
        return Markup("")
    rows = visit_queries.records(
        session(), visit_queries.RecordFilter(place_id=place_id), visit_views.reach(), rows=CARD_RECORDS
    )
    return part(
        "visits/timeline.html",
        rows=rows[:CARD_RECORDS],
        more=len(rows) > CARD_RECORDS,
        names=visit_views.NAMES,
        place_id=place_id,
    )


def _organisation_name() -> str:
    """The organisation's own name, read in the transaction of the page that shows it."""
    if not has_request_context() or "session" not in g:
        return ""
    known = account_service.organisation(session())
    return known.name if known else ""
