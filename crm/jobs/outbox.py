"""The outbox: mail is written down in the transaction of the fact it tells of, and sent by a worker later."""

import logging
import threading
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from crm.config import Settings
from crm.core.clock import Clock
from crm.core.problems import Missing
from crm.db.store import Store
from crm.jobs import installation, rules
from crm.jobs.claims import CLOCKWORK
from crm.jobs.mail import Letter, NotSent, Post, checked_recipient, is_set_up, one_line
from crm.jobs.models import OutboxMail

log = logging.getLogger("crm.jobs")

MOST_AT_ONCE = 100


def post(
    session: Session,
    unique_key: str,
    recipient: str,
    subject: str,
    body: str,
    *,
    now: datetime,
    good_until: datetime | None = None,
) -> OutboxMail:
    """Write a mail down, in the caller's transaction: it leaves if and only if that is committed.

    The same key again gives the mail that is known: one fact is told once. `recipient` is one bare address.
    After `good_until` it does not leave any more, and its text is blanked.
    Raises Problem "recipient_unreadable".
    """
    known = _known(session, unique_key)
    if known is not None:
        return known
    mail = OutboxMail(
        unique_key=unique_key,
        recipient=checked_recipient(recipient),
        subject=one_line(subject)[:200],
        body=body,
        made_at=now,
        next_try_at=now,
        good_until=good_until,
    )
    try:
        with session.begin_nested():
            session.add(mail)
    except IntegrityError:
        # Told by somebody else between our looking and our writing (PostgreSQL only).
        known = _known(session, unique_key)
        if known is None:
            raise
        return known
    return mail


def _known(session: Session, unique_key: str) -> OutboxMail | None:
    return session.exec(select(OutboxMail).where(OutboxMail.unique_key == unique_key)).first()


def send_due(store: Store, settings: Settings, clock: Clock, ending: threading.Event | None = None) -> int:
    """Send the mails that are due, oldest first, at most a hundred; return how many left.

    Nothing is sent where no mail server is set up, or while the outbox is held after a restore. Each mail is
    claimed by one UPDATE, so that any number of processes send it once. Where a process dies between sending
    and noting it, the mail goes out a second time after ten minutes, with the same Message-ID: mail programs
    know it for the same mail. `ending` is set when this process is about to end: no further mail is begun.
    """
    _cancel_expired(store, clock.now())
    if not is_set_up(settings):
        return 0
    sent = 0
    with Post(settings) as server:
        for mail_id in _due(store, clock.now()):
            if ending is not None and ending.is_set():
                break
            letter = _claim(store, mail_id, clock.now())
            if letter is None:
                continue
            try:
                server.send(letter, at=clock.now())
            except NotSent as why:
                _note_failure(store, letter, why, clock.now())
                if why.nobody_there:
                    break  # the others would wait for the same silence, one after another
            else:
                _note_sent(store, letter.id, clock.now())
                sent += 1
    return sent


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(OutboxMail.done_at).is_(None),
        col(OutboxMail.next_try_at) <= now,
        sa.or_(col(OutboxMail.good_until).is_(None), col(OutboxMail.good_until) >= now),
        _idle(now),
    )


def _idle(now: datetime) -> sa.ColumnElement[bool]:
    """Not in the middle of being sent, unless by a process that died."""
    return sa.or_(
        col(OutboxMail.claimed_at).is_(None), col(OutboxMail.claimed_at) < now - rules.MAIL_STALE_AFTER
    )


def _cancel_expired(store: Store, now: datetime) -> None:
    expired = sa.and_(col(OutboxMail.done_at).is_(None), col(OutboxMail.good_until) < now, _idle(now))
    with store.reading() as session:
        if session.exec(select(OutboxMail.id).where(expired).limit(1)).first() is None:
            return
    with store.writing(CLOCKWORK) as session:
        _cancel(session, expired, rules.EXPIRED, now)


def cancel(session: Session, unique_keys: Collection[str], why: str, *, now: datetime) -> int:
    """Let the mails of these keys never leave, and blank their text; how many had not left yet.

    `why` is one of the reasons in crm.jobs.rules. A mail in the middle of being sent may still arrive, but is not
    tried again.
    """
    if not unique_keys:
        return 0
    waits = sa.and_(col(OutboxMail.done_at).is_(None), col(OutboxMail.unique_key).in_(unique_keys))
    cancelled = _cancel(session, sa.and_(waits, _idle(now)), why, now)
    session.exec(
        update(OutboxMail).where(waits).values(good_until=now).execution_options(synchronize_session=False)
    )
    return cancelled


def cancel_all(session: Session, keys_begin: str, why: str, *, now: datetime) -> int:
    """Do the same with every mail whose key begins so, while nothing is being sent at all (a restore)."""
    begins = col(OutboxMail.unique_key).startswith(keys_begin, autoescape=True)
    return _cancel(session, sa.and_(col(OutboxMail.done_at).is_(None), begins), why, now)


def _cancel(session: Session, which: sa.ColumnElement[bool], why: str, now: datetime) -> int:
    changed = session.exec(
        update(OutboxMail)
        .where(which)
        .values(done_at=now, claimed_at=None, body="", last_error=why)
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)


def _due(store: Store, now: datetime) -> list[UUID]:
    with store.reading() as session:
        if installation.held_since(session) is not None:
            return []
        return list(
            session.exec(
                select(OutboxMail.id)
                .where(_claimable(now))
                .order_by(col(OutboxMail.next_try_at), col(OutboxMail.id))
                .limit(MOST_AT_ONCE)
            ).all()
        )


def _claim(store: Store, mail_id: UUID, now: datetime) -> Letter | None:
    with store.writing(CLOCKWORK) as session:
        taken = session.exec(
            update(OutboxMail)
            .where(col(OutboxMail.id) == mail_id, _claimable(now))
            .values(claimed_at=now, tries=col(OutboxMail.tries) + 1)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:
            return None
        mail = session.exec(select(OutboxMail).where(OutboxMail.id == mail_id)).one()
        return Letter(mail.id, mail.recipient, mail.subject, mail.body, mail.tries, now)


def _note_sent(store: Store, mail_id: UUID, now: datetime) -> None:
    with store.writing(CLOCKWORK) as session:
        session.exec(
            update(OutboxMail)
            .where(col(OutboxMail.id) == mail_id, col(OutboxMail.done_at).is_(None))
            .values(done_at=now, claimed_at=None, body="", last_error="")
        )


def _note_failure(store: Store, letter: Letter, why: NotSent, now: datetime) -> None:
    again = rules.NEVER if why.for_good else rules.next_try(letter.tries, now)
    log.warning("mail %s was not sent (try %s): %s", letter.id, letter.tries, why.kind)
    with store.writing(CLOCKWORK) as session:
        session.exec(
            update(OutboxMail)
            .where(
                col(OutboxMail.id) == letter.id,
                col(OutboxMail.done_at).is_(None),
                col(OutboxMail.claimed_at) == letter.claimed_at,
            )
            .values(claimed_at=None, next_try_at=again, last_error=why.words[:400])
        )


def send_again(session: Session, mail_id: UUID, *, now: datetime) -> None:
    """Try a mail that failed again at once, with all its tries before it. Raises Missing "not_found"."""
    _change_unsent(session, mail_id, {"next_try_at": now, "tries": 0})


def drop(session: Session, mail_id: UUID, *, now: datetime) -> None:
    """Let a mail never leave; its text is blanked, its key stays used. Raises Missing "not_found"."""
    _change_unsent(session, mail_id, {"done_at": now, "body": "", "last_error": rules.DROPPED})


def _change_unsent(session: Session, mail_id: UUID, values: dict[str, object]) -> None:
    # A mail in the middle of being sent is not changed: what would be said of it might not be true.
    changed = session.exec(
        update(OutboxMail)
        .where(
            col(OutboxMail.id) == mail_id,
            col(OutboxMail.done_at).is_(None),
            col(OutboxMail.claimed_at).is_(None),
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise Missing("not_found")
