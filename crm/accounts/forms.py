"""Forms of accounts."""

from wtforms import HiddenField, PasswordField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from crm.accounts.messages import MESSAGES, ROLE_NAMES
from crm.accounts.service import Credentials, NewAccount, OrganisationFacts
from crm.i18n import lazy_gettext as _l
from crm.web.access import Role
from crm.web.forms import Form, TextField, offered


class SignInForm(Form[Credentials]):
    """Sign in with mail address and password."""

    next = HiddenField()
    mail = TextField(
        _l("メールアドレス"),
        [InputRequired(), Length(max=254)],
        render_kw={"autocomplete": "username", "inputmode": "email", "autocapitalize": "none"},
    )
    password = PasswordField(
        _l("パスワード"), [InputRequired(), Length(max=1000)], render_kw={"autocomplete": "current-password"}
    )

    def made(self) -> Credentials:
        return Credentials(self.mail.data or "", self.password.data or "")


class ForgottenForm(Form[str]):
    """Ask for a link to set a new password."""

    mail = TextField(
        _l("メールアドレス"),
        [InputRequired(), Length(max=254)],
        render_kw={"autocomplete": "username", "inputmode": "email"},
    )

    def made(self) -> str:
        return self.mail.data or ""


class NewPasswordForm(Form[str]):
    """Set a password, typed twice."""

    password = PasswordField(
        _l("新しいパスワード"),
        [InputRequired(), Length(max=1000)],
        description=_l("12文字以上。自分だけが知っている文をそのまま使うと、覚えやすく安全です。"),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("新しいパスワード(もう一度)"),
        [InputRequired(), Length(max=1000)],
        render_kw={"autocomplete": "new-password"},
    )

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate():
            return False
        if self.password.data != self.again.data:
            self.again.errors = [*self.again.errors, str(MESSAGES["passwords_differ"])]
            return False
        return True

    def made(self) -> str:
        return self.password.data or ""


class ChangePasswordForm(NewPasswordForm):
    """Change one's own password."""

    old = PasswordField(
        _l("いまのパスワード"),
        [InputRequired(), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )


class AccountForm(Form[NewAccount]):
    """Invite somebody."""

    name = TextField(_l("名前"), [InputRequired(), Length(max=80)], render_kw={"autocomplete": "off"})
    kana = TextField(_l("ふりがな"), [Optional(), Length(max=120)])
    mail = TextField(
        _l("メールアドレス"), [InputRequired(), Length(max=254)], render_kw={"inputmode": "email"}
    )
    role = SelectField(
        _l("役割"), choices=offered((r.value, ROLE_NAMES[r]) for r in Role), default=Role.WORKER.value
    )

    def made(self) -> NewAccount:
        return NewAccount(
            self.name.data or "", self.kana.data or "", self.mail.data or "", Role(self.role.data)
        )


class RoleForm(Form[Role]):
    """Give an account another role."""

    role = SelectField(_l("役割"), choices=offered((r.value, ROLE_NAMES[r]) for r in Role))

    def made(self) -> Role:
        return Role(self.role.data)


class OrganisationForm(Form[OrganisationFacts]):
    """What the organisation says of itself."""

    name = TextField(_l("組織の名前"), [InputRequired(), Length(max=120)])
    city_name = TextField(_l("市町村の名前"), [Optional(), Length(max=60)])
    phone = TextField(_l("電話番号"), [Optional(), Length(max=40)], render_kw={"inputmode": "tel"})
    address = TextField(_l("住所"), [Optional(), Length(max=200)])
    note = TextAreaField(_l("報告書に添える一文"), [Optional(), Length(max=400)])

    def made(self) -> OrganisationFacts:
        return OrganisationFacts(
            self.name.data or "",
            self.city_name.data or "",
            self.phone.data or "",
            self.address.data or "",
            self.note.data or "",
        )
