"""Settings of an installation: environment, then instance/config.toml, then the default.

Every field is documented in docs/guide/settings.md; a test compares the two.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from crm.core.problems import Problem

ENV_PREFIX = "CRM_"
SECRET_FILE = "secret_key"  # noqa: S105 - the name of a file, not a secret
SHORTEST_SECRET = 32

Port = Annotated[int, Field(ge=1, le=65535)]
Bytes = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """One frozen set of settings. `instance` is the folder an installation owns (database, files, backups)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instance: Path = Field(description="Folder of the installation")
    secret_key: str = Field(default="", description="Signs cookies; made by crm init in instance/secret_key")
    database_url: str = Field(
        default="", description="SQLAlchemy address; empty means SQLite in the instance folder"
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000", description="Address at which people open the pages"
    )
    host: str = Field(default="127.0.0.1", description="Address that crm serve listens on")
    port: Port = Field(default=8000, description="Port that crm serve listens on")
    threads: Annotated[int, Field(ge=1, le=64)] = Field(default=6, description="Threads that answer requests")
    proxies: Annotated[int, Field(ge=0, le=5)] = Field(
        default=0, description="Reverse proxies in front (X-Forwarded-*)"
    )
    sign_in_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=30, description="Days a sign-in lasts unused"
    )
    link_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        default=72, description="Hours an invitation or reset link works"
    )
    upload_bytes: Bytes = Field(default=20 * 1024 * 1024, description="Largest file that may be uploaded")
    import_rows: Bytes = Field(default=100_000, description="Most rows that one import file may hold")
    smtp_host: str = Field(default="", description="Mail server; empty means mail waits in the outbox")
    smtp_port: Port = Field(default=587, description="Port of the mail server")
    smtp_user: str = Field(default="", description="User name at the mail server")
    smtp_password: str = Field(default="", description="Password at the mail server")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the mail connection is kept"
    )
    mail_from: str = Field(default="", description="Sender address of mail")
    backup_at: str = Field(default="02:30", description="Time of the nightly backup (HH:MM); empty for none")
    backup_keep: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=30, description="How many nightly backups are kept"
    )
    sample_town: bool = Field(
        default=False, description="True only in the demo: marks every page as sample data"
    )

    @field_validator("base_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("http:// or https://")
        return value.rstrip("/")

    @property
    def database(self) -> str:
        """The address of the database, with the default filled in."""
        return self.database_url or f"sqlite:///{(self.instance / 'meguri.sqlite3').as_posix()}"

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel by HTTPS only, unless people open the pages by plain HTTP (the demo on one's own machine)."""
        return self.base_url.startswith("https://")

    @property
    def files(self) -> Path:
        return self.instance / "files"

    @property
    def backups(self) -> Path:
        return self.instance / "backups"

    def weak_secret(self) -> bool:
        """A secret is weak when it is short or has hardly any different characters."""
        return len(self.secret_key) < SHORTEST_SECRET or len(set(self.secret_key)) < 10

    def checked_for_serving(self) -> Self:
        """These settings, or Problem "secret_weak" when anything but the demo would be served with a weak secret."""
        if self.weak_secret() and not self.sample_town:
            raise Problem("secret_weak", field="secret_key", shortest=SHORTEST_SECRET)
        return self


def instance_folder(given: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Where an installation lives: --instance, else CRM_INSTANCE, else ./instance."""
    return Path(given or environment.get("CRM_INSTANCE") or "instance").absolute()


def load(instance: Path, environment: Mapping[str, str] = os.environ, **fixed: object) -> Settings:
    """Read the settings of an installation; `fixed` ones (the demo's) stand above everything.

    Raises Problem "setting_unknown", "setting_unreadable" (field names the setting), "config_unreadable".
    """
    values: dict[str, object] = {}
    config = instance / "config.toml"
    if config.exists():
        try:
            values.update(tomllib.loads(config.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
            raise Problem("config_unreadable", path=str(config), why=str(why)) from why
    spelt = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    if unknown := sorted(name for name in environment if name.startswith(ENV_PREFIX) and name not in spelt):
        raise Problem("setting_unknown", field=unknown[0], setting=unknown[0])
    for name in Settings.model_fields:
        if name != "instance" and (value := environment.get(ENV_PREFIX + name.upper())) is not None:
            values[name] = value
    if "base_url" not in values and "port" in values:
        values["base_url"] = f"http://127.0.0.1:{values['port']}"  # another port is another address
    values.update(fixed)
    values["instance"] = instance
    if not values.get("secret_key"):
        values["secret_key"] = _stored_secret(instance)
    try:
        return Settings.model_validate(values)
    except ValidationError as why:
        first = why.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        code = "setting_unknown" if first["type"] == "extra_forbidden" else "setting_unreadable"
        raise Problem(code, field=name, setting=name, why=first["msg"]) from why


def _stored_secret(instance: Path) -> str:
    path = instance / SECRET_FILE
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def make_secret(instance: Path) -> None:
    """Write a random secret for this installation, readable by its owner only; an existing one stays."""
    path = instance / SECRET_FILE
    if path.exists():
        return
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)  # what lies in it is nobody else's business
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
