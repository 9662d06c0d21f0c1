"""Letters and the mail server they are handed to. Knows SMTP, and nothing of the database."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from types import TracebackType
from typing import Self
from uuid import UUID

from crm.config import Settings
from crm.core.clock import TOKYO
from crm.core.problems import Problem

TIMEOUT_SECONDS = 20.0
"""How long each step of talking to the mail server may take."""

_BARE_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+")


@dataclass(frozen=True)
class Letter:
    """A mail that is ours to send now; `tries` counts this try, `claimed_at` tells our claim from others."""

    id: UUID
    recipient: str
    subject: str
    body: str
    tries: int
    claimed_at: datetime


class NotSent(Exception):
    """A mail did not leave, or nobody knows whether it did.

    `kind` names the failure without any address (for logs), `words` says what the server said (for people who
    keep the organisation). `for_good`: the server refused this very mail and will again. `nobody_there`: the
    server itself could not be used, so that no other mail would leave now either.
    """

    def __init__(self, why: Exception, *, nobody_there: bool) -> None:
        self.kind = type(why).__name__
        self.for_good = not nobody_there and _is_refused_for_good(why)
        self.nobody_there = nobody_there
        self.words = words_of(why)
        super().__init__(self.kind)


def _is_refused_for_good(why: Exception) -> bool:
    """RFC 5321, 4.2.1: a reply 5yz says that the same request shall not be repeated."""
    if isinstance(why, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in why.recipients.values())
    if isinstance(why, smtplib.SMTPDataError):
        return why.smtp_code >= 500
    return isinstance(why, smtplib.SMTPNotSupportedError | ValueError | MessageError)


def words_of(why: Exception) -> str:
    """What the server or the network said, in one line."""
    if isinstance(why, smtplib.SMTPRecipientsRefused):
        replies = [f"{code} {_text(said)}" for code, said in why.recipients.values()]
        return f"{type(why).__name__}: {'; '.join(replies)}"
    if isinstance(why, smtplib.SMTPResponseException):
        return f"{type(why).__name__}: {why.smtp_code} {_text(why.smtp_error)}"
    return f"{type(why).__name__}: {why}" if str(why) else type(why).__name__


def _text(said: bytes | str) -> str:
    return one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)


def one_line(text: str) -> str:
    """A text without line breaks and other controls, which would end a mail header."""
    return " ".join("".join(" " if not letter.isprintable() else letter for letter in text).split())


def checked_recipient(text: str) -> str:
    """One bare mail address. Raises Problem "recipient_unreadable" for anything that could be two of them."""
    if not is_bare_address(text):
        raise Problem("recipient_unreadable", field="recipient")
    return text


def is_bare_address(text: str) -> bool:
    """Whether a text is one mail address as mail headers take it, without a name or a comment."""
    if len(text) > 254 or not _BARE_ADDRESS.fullmatch(text):
        return False
    try:
        Address(addr_spec=text)
    except (ValueError, MessageError, IndexError):
        return False
    return True


def is_set_up(settings: Settings) -> bool:
    """Whether mail can leave at all: a server to hand it to, and an address to send it from."""
    return bool(settings.smtp_host) and sender_of(settings) is not None


def sender_of(settings: Settings) -> tuple[str, str] | None:
    """Name and bare address that mail comes from; None where `mail_from` does not say exactly one."""
    named = getaddresses([settings.mail_from])
    if len(named) != 1 or not is_bare_address(named[0][1]):
        return None
    return one_line(named[0][0]), named[0][1]


def message_of(letter: Letter, settings: Settings, *, at: datetime) -> EmailMessage:
    """The mail as it travels: plain text in UTF-8.

    Its Message-ID is made of the letter's id, so that a second sending of the same letter can be known.
    """
    known = sender_of(settings)
    if known is None:
        raise ValueError("mail_from is not one address")
    name, sender = known
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=name, addr_spec=sender)
    message["To"] = Address(addr_spec=letter.recipient)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(at.astimezone(TOKYO))
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answer to this
    message.set_content(letter.body, charset="utf-8")
    return message


class Post:
    """The way to the mail server: opened with the first letter, kept for the next ones, closed at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, where: TracebackType | None
    ) -> None:
        self._close()

    def send(self, letter: Letter, *, at: datetime) -> None:
        """Hand one letter over; raises NotSent."""
        try:
            server = self._server()
        except (OSError, smtplib.SMTPException) as why:
            self._close()
            raise NotSent(why, nobody_there=True) from why
        try:
            server.send_message(message_of(letter, self._settings, at=at))
        except (OSError, smtplib.SMTPException, ValueError, MessageError) as why:
            self._close()
            raise NotSent(why, nobody_there=False) from why

    def _server(self) -> smtplib.SMTP:
        """A connection that answers: servers close one that they think has been open for long enough."""
        if self._open is not None and not _answers(self._open):
            self._close()
        if self._open is None:
            self._open = connect(self._settings)
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            bid_farewell(self._open)
            self._open = None


def connect(settings: Settings) -> smtplib.SMTP:
    """An open connection to the mail server, encrypted and signed in as the settings say.

    Raises OSError or smtplib.SMTPException.
    """
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def bid_farewell(server: smtplib.SMTP) -> None:
    """Close a connection, politely where the other side still listens."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _answers(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False
