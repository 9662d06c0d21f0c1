import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from crm.config import Settings
from crm.core.clock import FixedClock
from crm.core.problems import Missing, Problem
from crm.db.store import Store
from crm.jobs import installation, outbox, queries, rules
from crm.jobs.models import OutboxMail
from tests.features.jobs.hands import Start, go
from tests.features.jobs.post_office import PostOffice

FROM = "めぐり <meguri@example.jp>"


@pytest.fixture
def sending(settings: Settings, office: PostOffice) -> Settings:
    """Settings with a mail server that works."""
    return settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": office.port,
            "smtp_security": "none",
            "mail_from": FROM,
        }
    )


@pytest.fixture
def posted(store: Store, clock: FixedClock) -> Callable[..., UUID]:
    """Write a mail down, in a transaction of its own."""

    def post(key: str = "k", recipient: str = "a@example.jp", body: str = "本文です。") -> UUID:
        with store.writing() as session:
            return outbox.post(session, key, recipient, "訪問のお知らせ", body, now=clock.now()).id

    return post


Posted = Callable[..., UUID]


def row(store: Store, mail_id: UUID) -> OutboxMail:
    with store.reading() as session:
        return session.get_one(OutboxMail, mail_id)


# ---- writing down


def test_a_mail_is_written_down_only_with_the_fact_it_tells_of(store: Store, clock: FixedClock) -> None:
    with pytest.raises(Problem), store.writing() as session:
        outbox.post(session, "k", "a@example.jp", "件名", "本文", now=clock.now())
        raise Problem("fact_refused")
    with store.reading() as session:
        assert queries.outbox_state(session).waiting == 0


def test_the_same_fact_is_told_once(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    first = posted("invitation-1", body="一通目")
    assert posted("invitation-1", body="二通目") == first
    assert outbox.send_due(store, sending, clock) == 1
    assert posted("invitation-1", body="三通目") == first
    assert outbox.send_due(store, sending, clock) == 0
    assert [m.get_content().strip() for m in office.arrived] == ["一通目"]


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.jp, b@example.jp",
        "a@example.jp\nBcc: b@example.jp",
        "a@example.jp\r\n\r\nbody",
        "<a@example.jp>",
        "a b@example.jp",
        "a@@example.jp",
        ".@example.jp",
        "example.jp",
        "",
        "x" * 250 + "@example.jp",
    ],
)
def test_what_is_not_one_bare_address_is_refused(store: Store, clock: FixedClock, recipient: str) -> None:
    with store.writing() as session, pytest.raises(Problem) as refused:
        outbox.post(session, "k", recipient, "件名", "本文", now=clock.now())
    assert refused.value.code == "recipient_unreadable"


# ---- sending


def test_a_mail_arrives_whole_and_its_text_is_blanked(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    body = "髙橋様\n\n" + "六月の訪問は十五日です。" * 60 + "\n.\nピリオドだけの行も届きます。"
    mail_id = posted(body=body)
    assert outbox.send_due(store, sending, clock) == 1
    (mail,) = office.arrived
    assert office.recipients == ["a@example.jp"]
    assert mail["To"] == "a@example.jp"
    assert mail["From"].addresses[0].display_name == "めぐり"
    assert mail["From"].addresses[0].addr_spec == "meguri@example.jp"
    assert mail["Subject"] == "訪問のお知らせ"
    assert mail["Date"].datetime == clock.now().replace(microsecond=0)
    assert mail["Message-ID"] == f"<{mail_id}@example.jp>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mail.get_content().splitlines() == body.splitlines()
    kept = row(store, mail_id)
    assert (kept.done_at, kept.body, kept.last_error) == (clock.now(), "", "")


def test_a_subject_can_smuggle_no_header_in(
    store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    with store.writing() as session:
        subject = "お知らせ\r\nBcc: thief@example.jp\x00\u2028X: 1"
        outbox.post(session, "k", "a@example.jp", subject, "本文", now=clock.now())
    outbox.send_due(store, sending, clock)
    (mail,) = office.arrived
    assert office.recipients == ["a@example.jp"]
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert mail["Subject"] == "お知らせ Bcc: thief@example.jp X: 1"


def test_many_mails_leave_through_one_connection(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    for n in range(5):
        posted(f"k{n}", f"p{n}@example.jp")
    assert outbox.send_due(store, sending, clock) == 5
    assert sorted(office.recipients) == [f"p{n}@example.jp" for n in range(5)]
    assert office.connections == 1


@pytest.mark.parametrize(
    "lacking", [{"smtp_host": ""}, {"mail_from": ""}, {"mail_from": "めぐり"}, {"mail_from": "a@b, c@d"}]
)
def test_mail_waits_where_no_mail_server_is_set_up(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, lacking: dict[str, str]
) -> None:
    mail_id = posted()
    assert outbox.send_due(store, sending.model_copy(update=lacking), clock) == 0
    assert row(store, mail_id).tries == 0
    assert outbox.send_due(store, sending, clock) == 1


def test_no_mail_leaves_while_the_outbox_is_held(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    posted()
    with store.writing() as session:
        installation.begin_epoch(session, now=clock.now(), hold_outbox=True)
    assert outbox.send_due(store, sending, clock) == 0
    with store.writing() as session:
        installation.release_outbox(session)
    assert outbox.send_due(store, sending, clock) == 1
    assert len(office.arrived) == 1


def test_no_mail_is_begun_by_a_process_that_ends(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock
) -> None:
    mail_id, ending = posted(), threading.Event()
    ending.set()
    assert outbox.send_due(store, sending, clock, ending) == 0
    assert row(store, mail_id).tries == 0


# ---- what goes wrong


def test_a_server_that_hangs_up_in_the_middle_gets_the_mail_again_later(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    mail_id = posted()
    office.hang_up_before_keeping = 2
    assert outbox.send_due(store, sending, clock) == 0
    failed = row(store, mail_id)
    assert (failed.tries, failed.next_try_at) == (1, clock.now() + timedelta(minutes=1))
    assert failed.done_at is None
    assert failed.last_error
    assert outbox.send_due(store, sending, clock) == 0  # not before its time
    assert row(store, mail_id).tries == 1
    clock.advance(timedelta(minutes=1))
    outbox.send_due(store, sending, clock)
    assert row(store, mail_id).next_try_at == clock.now() + timedelta(minutes=5)
    clock.advance(timedelta(minutes=5))
    assert outbox.send_due(store, sending, clock) == 1
    assert len(office.arrived) == 1
    assert row(store, mail_id).last_error == ""


def test_a_mail_that_may_have_arrived_twice_can_be_known_for_one(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    mail_id = posted()
    office.hang_up_after_keeping = 1
    assert outbox.send_due(store, sending, clock) == 0
    clock.advance(timedelta(minutes=1))
    assert outbox.send_due(store, sending, clock) == 1
    assert [m["Message-ID"] for m in office.arrived] == [f"<{mail_id}@example.jp>"] * 2


def test_one_recipient_that_is_refused_does_not_hold_up_the_others(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    office.replies["gone@example.jp"] = "550 5.1.1 no such user here"
    office.replies["full@example.jp"] = "452 4.2.2 mailbox full"
    gone, full, good = posted("1", "gone@example.jp"), posted("2", "full@example.jp"), posted("3")
    assert outbox.send_due(store, sending, clock) == 1
    assert row(store, good).done_at is not None
    assert row(store, gone).next_try_at == rules.NEVER
    assert "no such user here" in row(store, gone).last_error
    assert row(store, full).next_try_at == clock.now() + timedelta(minutes=1)
    with store.reading() as session:
        state = queries.outbox_state(session)
        assert (state.waiting, state.failing, state.given_up) == (2, 2, 1)
        assert [m.id for m in queries.unsent_mails(session)] == [gone, full]


def test_a_text_that_the_server_refuses_is_given_up(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    mail_id = posted()
    office.data_reply = "554 5.7.1 looks like spam"
    outbox.send_due(store, sending, clock)
    assert row(store, mail_id).next_try_at == rules.NEVER
    assert "looks like spam" in row(store, mail_id).last_error


def test_where_no_server_answers_one_mail_tries_and_the_others_wait(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock
) -> None:
    ids = [posted(f"k{n}") for n in range(3)]
    silent = sending.model_copy(update={"smtp_port": 1})
    assert outbox.send_due(store, silent, clock) == 0
    assert sorted(row(store, i).tries for i in ids) == [0, 0, 1]
    clock.advance(timedelta(minutes=1))
    assert outbox.send_due(store, sending, clock) == 3


def test_a_server_without_encryption_gets_nothing_where_encryption_is_asked_for(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    mail_id = posted()
    outbox.send_due(store, sending.model_copy(update={"smtp_security": "starttls"}), clock)
    assert office.arrived == []
    assert row(store, mail_id).tries == 1


def test_a_mail_that_fails_for_days_is_given_up_but_stays_in_sight(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    mail_id = posted()
    silent = sending.model_copy(update={"smtp_port": 1})
    for _ in range(len(rules.MAIL_WAITS) + 3):
        outbox.send_due(store, silent, clock)
        clock.advance(timedelta(days=1))
    assert row(store, mail_id).tries == len(rules.MAIL_WAITS) + 1
    with store.reading() as session:
        assert queries.unsent_mails(session)[0].given_up
    assert outbox.send_due(store, sending, clock) == 0
    with store.writing() as session:
        outbox.send_again(session, mail_id, now=clock.now())
    assert outbox.send_due(store, sending, clock) == 1
    assert len(office.arrived) == 1


def test_a_mail_that_was_dropped_never_leaves_and_is_not_told_again(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    mail_id = posted("k", body="秘密")
    with store.writing() as session:
        outbox.drop(session, mail_id, now=clock.now())
    assert row(store, mail_id).body == ""
    assert posted("k") == mail_id
    assert outbox.send_due(store, sending, clock) == 0
    assert office.arrived == []
    with store.writing() as session, pytest.raises(Missing):
        outbox.send_again(session, mail_id, now=clock.now())


# ---- several processes


def test_a_mail_taken_by_a_process_that_died_is_sent_by_another_after_a_while(
    posted: Posted, store: Store, sending: Settings, clock: FixedClock, office: PostOffice
) -> None:
    mail_id = posted()
    with store.writing() as session:
        session.exec(select(OutboxMail)).one().claimed_at = clock.now()
    clock.advance(timedelta(minutes=9))
    assert outbox.send_due(store, sending, clock) == 0
    with store.writing() as session, pytest.raises(Missing):
        outbox.drop(session, mail_id, now=clock.now())  # it may be leaving at this moment
    clock.advance(timedelta(minutes=2))
    assert outbox.send_due(store, sending, clock) == 1
    assert len(office.arrived) == 1


def test_of_two_processes_each_mail_leaves_by_one(
    posted: Posted, store: Store, start: Start, office: PostOffice
) -> None:
    for n in range(25):
        posted(f"k{n}", f"p{n}@example.jp")
    both = start("mail", office.port), start("mail", office.port)
    go(*both)
    for process in both:
        assert process.wait(60) == 0
    assert Counter(office.recipients) == {f"p{n}@example.jp": 1 for n in range(25)}
    with store.reading() as session:
        assert queries.outbox_state(session).waiting == 0
