"""Doors of accounts: sign-in and out, links, devices, people, organisation, audit trail."""

import re
from uuid import UUID

from flask import Response, flash, request, url_for
from flask import session as cookie
from flask_login import login_user, logout_user
from werkzeug.datastructures import MultiDict

from crm.accounts import letters, passwords, queries, rules, service, trail_words
from crm.accounts.forms import (
    AccountForm,
    ChangePasswordForm,
    ForgottenForm,
    NewPasswordForm,
    OrganisationForm,
    RoleForm,
    SignInForm,
)
from crm.accounts.identity import SignedIn
from crm.accounts.messages import ACTION_NAMES, ENTITY_NAMES, ROLE_NAMES
from crm.accounts.models import Account, LinkPurpose
from crm.accounts.service import Credentials, NewAccount
from crm.core.problems import Missing, Problem, TooMany
from crm.i18n import gettext as _
from crm.jobs.mail import is_set_up
from crm.web.access import Can, Role, may
from crm.web.errors import status_of
from crm.web.forms import whole_number
from crm.web.pages import Pages, see
from crm.web.rendering import page
from crm.web.site import apart, clock, me, me_or_none, session, settings, site, store, unit_of_work

pages = Pages("accounts", __name__, template_folder="templates")


PATH_OF_OURS = re.compile(r"/(?:[^/\\\x00-\x1f][^\\\x00-\x1f]*)?")


LINK = "link"
"""Category of what is flashed to show a one-time link: the layout leaves it to the page."""

SECRETS = frozenset({"password", "old", "again"})
HELD = "held:"


def _local(target: str | None) -> str:
    """A page of ours to go on to; never another site's. Browsers drop tabs and line ends out of an address."""
    if target and PATH_OF_OURS.fullmatch(target):
        return target
    return url_for("home.show")


def ask_to_sign_in() -> Response:
    """Answer somebody who has to sign in first: then go on, and send again what was typed, if anything was."""
    if request.method == "GET":
        return see(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    held = [] if request.files else _held(request.form)
    form = SignInForm(next=request.full_path.rstrip("?") if held else "")
    return page("accounts/sign_in.html", form=form, held=held, status=401)


def _held(typed: MultiDict[str, str]) -> list[tuple[str, str]]:
    """What was typed into a form, but for passwords, to be carried through the sign-in."""
    return [(name, value) for name, value in typed.items(multi=True) if name not in SECRETS]


def _held_before() -> list[tuple[str, str]]:
    return [
        (name.removeprefix(HELD), value)
        for name, value in request.form.items(multi=True)
        if name.startswith(HELD)
    ]


@pages.get("/sign-in", access=Can.ENTER)
def sign_in() -> Response:
    if me_or_none() is not None:
        return see(_local(request.args.get("next")))
    form = SignInForm(next=request.args.get("next", ""))
    return page("accounts/sign_in.html", form=form, held=[])


@pages.post("/sign-in", access=Can.ENTER, own_transaction=True)
def sign_in_post() -> Response:
    form = SignInForm(request.form)
    status = 422
    try:
        if form.accepts(_open_device):
            if held := _held_before():
                return page("accounts/go_on.html", target=_local(form.next.data), held=held)
            return see(_local(form.next.data))
    except TooMany as refusal:
        form.refuse(refusal)
        status = status_of(refusal)
    form.password.data = ""
    return page("accounts/sign_in.html", form=form, held=_held_before(), status=status)


def _open_device(given: Credentials) -> None:
    """Sign in; the argon2 work is done outside every writing transaction, and a failure is kept for good."""
    now, address = clock().now(), request.remote_addr or ""
    with store().reading() as reading:
        service.failures(reading, given.mail, address, now=now)
        opened = service.holder_of(reading, given)
    if opened is None:
        with apart() as writing:
            service.note_failure(writing, given.mail, address, now=now)
        raise Problem("sign_in_wrong")
    device = rules.device_name(request.headers.get("User-Agent", ""))
    with apart() as writing:
        service.check_still_opens(writing, opened)
        row = service.sign_in(writing, opened.account_id, device=device, address=address, now=now)
        signed = SignedIn(opened.account_id, row.id, opened.name, opened.role)
    cookie.clear()  # a new session for a new person: nothing planted before goes on
    login_user(signed)
    cookie.permanent = True


@pages.post("/sign-out", access=Can.SIGNED_IN)
def sign_out() -> Response:
    service.end_sign_in(session(), me().sign_in_id, account_id=me().account_id, now=clock().now())
    logout_user()
    flash(_("サインアウトしました。"), "success")
    return see(url_for(".sign_in"))


@pages.get("/forgotten", access=Can.ENTER)
def forgotten() -> Response:
    return page("accounts/forgotten.html", form=ForgottenForm(), sent=False)


@pages.post("/forgotten", access=Can.ENTER)
def forgotten_post() -> Response:
    form = ForgottenForm(request.form)
    if form.accepts(_send_reset):
        return page("accounts/forgotten.html", form=form, sent=True)
    return page("accounts/forgotten.html", form=form, sent=False, status=422)


def _send_reset(mail: str) -> None:
    """The answer is the same whether the account exists: nobody learns who is registered."""
    now = clock().now()
    sends = service.may_send_reset(session(), mail, request.remote_addr or "", now=now)
    account = service.account_by_mail(session(), mail)
    if sends and account is not None:
        _post_link(account, LinkPurpose.RESET, asked_by_nobody=True)


def _post_link(account: Account, purpose: LinkPurpose, *, asked_by_nobody: bool = False) -> str:
    now, hours = clock().now(), settings().link_hours
    secret = service.make_link(
        session(), account.id, purpose, now=now, hours=hours, asked_by_nobody=asked_by_nobody
    )
    address = settings().base_url + url_for(".link", secret=secret)
    known = service.organisation(session())
    organisation = known.name if known else ""
    letters.post_link(
        session(), account, address, secret, purpose, organisation=organisation, hours=hours, now=now
    )
    return address


@pages.get("/links/<secret>", access=Can.ENTER)
def link(secret: str) -> Response:
    _row, account = service.link_holder(session(), secret, now=clock().now())
    return page(
        "accounts/link.html", form=NewPasswordForm(), name=account.name, mail=account.mail, secret=secret
    )


@pages.post("/links/<secret>", access=Can.ENTER, own_transaction=True)
def link_post(secret: str) -> Response:
    with unit_of_work(writes=False):
        return _link_post(secret)


def _link_post(secret: str) -> Response:
    """The slow hashing is done while nothing is locked."""
    now = clock().now()
    _row, account = service.link_holder(session(), secret, now=now)
    form = NewPasswordForm(request.form)

    def set_password(password: str) -> None:
        service.check_new_password(account, password)
        hashed = passwords.hashed(password)
        with apart() as writing:
            service.use_link(writing, secret, hashed, now=now)

    if form.accepts(set_password):
        flash(_("パスワードを決めました。サインインしてください。"), "success")
        return see(url_for(".sign_in"))
    return page(
        "accounts/link.html", form=form, name=account.name, mail=account.mail, secret=secret, status=422
    )


@pages.get("/devices", access=Can.SIGNED_IN)
def devices() -> Response:
    rows = queries.devices(session(), me().account_id, current=me().sign_in_id)
    return page("accounts/devices.html", rows=rows, form=ChangePasswordForm())


@pages.post("/devices/<uuid:sign_in_id>/end", access=Can.SIGNED_IN)
def end_device(sign_in_id: UUID) -> Response:
    service.end_sign_in(session(), sign_in_id, account_id=me().account_id, now=clock().now())
    flash(_("その端末をサインアウトしました。"), "success")
    return see(url_for(".devices"))


@pages.post("/devices/password", access=Can.SIGNED_IN, own_transaction=True)
def change_password() -> Response:
    with unit_of_work(writes=False):
        return _change_password()


def _change_password() -> Response:
    form, mine, now = ChangePasswordForm(request.form), me().account_id, clock().now()

    def change(new: str) -> None:
        seen = service.check_old_password(session(), mine, form.old.data or "", new)
        hashed = passwords.hashed(new)
        with apart() as writing:
            service.change_password(writing, mine, hashed, seen=seen, now=now, sign_in_id=me().sign_in_id)

    if form.accepts(change):
        flash(_("パスワードを変えました。ほかの端末はサインアウトしました。"), "success")
        return see(url_for(".devices"))
    rows = queries.devices(session(), me().account_id, current=me().sign_in_id)
    return page("accounts/devices.html", rows=rows, form=form, status=422)


@pages.get("/accounts", access=Can.KEEP_ACCOUNTS)
def people() -> Response:
    return _people(AccountForm(), 200)


def _people(form: AccountForm, status: int) -> Response:
    rows = queries.accounts(session())
    return page(
        "accounts/people.html", rows=rows, form=form, role_names=ROLE_NAMES, **_about_links(), status=status
    )


def _about_links() -> dict[str, object]:
    """What the box with a one-time link says beside it."""
    return {"mail_is_set_up": is_set_up(settings()), "link_hours": settings().link_hours}


@pages.post("/accounts", access=Can.KEEP_ACCOUNTS)
def invite() -> Response:
    form = AccountForm(request.form)
    if form.accepts(_invite):
        return see(url_for(".people"))
    return _people(form, 422)


def _invite(new: NewAccount) -> None:
    account = service.invite(session(), new, now=clock().now(), by=me().account_id)
    address = _post_link(account, LinkPurpose.INVITATION)
    flash(_("%(name)sさんを登録しました。", name=account.name), "success")
    _show_link(account, address)


def _show_link(account: Account, address: str) -> None:
    """Show a link on the next page, once."""
    flash({"name": account.name, "mail": account.mail, "address": address}, LINK)  # type: ignore[arg-type]


@pages.get("/accounts/<uuid:account_id>", access=Can.KEEP_ACCOUNTS)
def person(account_id: UUID) -> Response:
    account = _account(account_id)
    return _person(account, RoleForm(role=account.role.value), 200)


def _person(account: Account, form: RoleForm, status: int) -> Response:
    own = account.id == me().account_id
    return page(
        "accounts/person.html",
        account=account,
        form=form,
        own=own,
        role_names=ROLE_NAMES,
        **_about_links(),
        status=status,
    )


def _account(account_id: UUID) -> Account:
    account = session().get(Account, account_id)
    if account is None:
        raise Missing("not_found")
    return account


@pages.post("/accounts/<uuid:account_id>/role", access=Can.KEEP_ACCOUNTS)
def set_role(account_id: UUID) -> Response:
    account = _account(account_id)
    form = RoleForm(request.form)
    if form.accepts(lambda role: _set_role(account_id, role)):
        flash(_("役割を変えました。"), "success")
        return see(url_for(".person", account_id=account_id))
    return _person(account, form, 422)


def _set_role(account_id: UUID, role: Role) -> None:
    service.set_role(session(), account_id, role, by=me().account_id)


@pages.post("/accounts/<uuid:account_id>/link", access=Can.KEEP_ACCOUNTS)
def new_link(account_id: UUID) -> Response:
    account = _account(account_id)
    address = _post_link(account, service.purpose_for(session(), account_id))
    if me().role is Role.ADMINISTRATOR and account.role not in rules.READS_NO_RECORDS:
        flash(
            _("リンクを本人にメールで送ります。この人のリンクを直接渡せるのは、管理者だけです。"), "success"
        )
    else:
        flash(_("新しいリンクを作りました。"), "success")
        _show_link(account, address)
    return see(url_for(".person", account_id=account_id))


@pages.post("/accounts/<uuid:account_id>/disable", access=Can.KEEP_ACCOUNTS)
def disable(account_id: UUID) -> Response:
    service.disable(session(), account_id, by=me().account_id, now=clock().now())
    flash(_("アカウントを止めました。すべての端末からサインアウトしました。"), "success")
    return see(url_for(".person", account_id=account_id))


@pages.post("/accounts/<uuid:account_id>/enable", access=Can.KEEP_ACCOUNTS)
def enable(account_id: UUID) -> Response:
    service.enable(session(), account_id, by=me().account_id)
    flash(_("アカウントをふたたび使えるようにしました。"), "success")
    return see(url_for(".person", account_id=account_id))


@pages.get("/organisation", access=Can.KEEP_ORGANISATION)
def organisation() -> Response:
    known = service.organisation(session())
    return page("accounts/organisation.html", form=OrganisationForm(obj=known))


@pages.post("/organisation", access=Can.KEEP_ORGANISATION)
def organisation_post() -> Response:
    form = OrganisationForm(request.form)
    if form.accepts(lambda facts: service.keep_organisation(session(), facts)):
        flash(_("組織の情報を直しました。"), "success")
        return see(url_for(".organisation"))
    return page("accounts/organisation.html", form=form, status=422)


@pages.get("/audit", access=Can.SEE_AUDIT)
def audit() -> Response:
    try:
        before = whole_number(request.args.get("before"))
        entity_id = UUID(request.args["id"]) if request.args.get("id") else None
    except ValueError as why:
        raise Missing("not_found") from why
    sockets, role = site().sockets, me().role
    rows = queries.audit(
        session(),
        before=before,
        entity=request.args.get("entity"),
        entity_id=entity_id,
        with_personal=role is Role.MANAGER,
        untold={table for table, needed in sockets[trail_words.NEEDS].items() if not may(role, needed)},
    )
    shown = rows[: queries.AUDIT_ROWS]
    more = shown[-1].id if len(rows) > len(shown) else None
    return page(
        "accounts/audit.html",
        rows=shown,
        more=more,
        told=trail_words.in_words(session(), shown, sockets[trail_words.CHOICES], sockets[trail_words.NAMES]),
        entity_names=ENTITY_NAMES,
        action_names=ACTION_NAMES,
    )
