"""One-time links: an invitation or a reset opens once, for its holder, for a while."""

from datetime import timedelta

import pytest
from sqlmodel import select

from crm.accounts.models import Account, LinkPurpose, OneTimeLink
from crm.jobs import outbox
from crm.jobs.models import OutboxMail
from crm.web.access import Role
from tests.markup import page_of
from tests.world import PASSWORD, World

SET = {"password": PASSWORD, "again": PASSWORD}


def comes_in(world: World, mail: str, password: str = PASSWORD) -> bool:
    return world.client().post("/sign-in", data={"mail": mail, "password": password}).status_code == 303


def letters(world: World) -> list[OutboxMail]:
    with world.reading() as session:
        return list(session.exec(select(OutboxMail).order_by(OutboxMail.made_at)).all())  # type: ignore[arg-type]


def link_in(text: str) -> str:
    """The path of the one-time link in a letter."""
    line = next(line for line in text.splitlines() if "/links/" in line)
    return "/links/" + line.split("/links/")[1].strip()


def test_a_link_lets_its_holder_set_a_password(world: World) -> None:
    secret = world.link_for(world.worker)
    client = world.client()
    shown = client.get(f"/links/{secret}")
    assert shown.status_code == 200
    assert world.worker.mail in shown.text
    assert client.post(f"/links/{secret}", data=SET).status_code == 303
    assert comes_in(world, world.worker.mail)


def test_a_link_works_once(world: World) -> None:
    secret = world.link_for(world.worker)
    client = world.client()
    client.post(f"/links/{secret}", data=SET)
    assert client.get(f"/links/{secret}").status_code == 404
    again = client.post(
        f"/links/{secret}", data={"password": "べつの人の合言葉です", "again": "べつの人の合言葉です"}
    )
    assert again.status_code == 404
    assert comes_in(world, world.worker.mail)


def test_a_link_that_was_opened_but_not_used_still_works(sqlite_world: World) -> None:
    secret = sqlite_world.link_for(sqlite_world.worker)
    client = sqlite_world.client()
    for _ in range(3):  # mail programs look at links beforehand
        assert client.get(f"/links/{secret}").status_code == 200
    refused = client.post(f"/links/{secret}", data={"password": "みじかい", "again": "みじかい"})
    assert refused.status_code == 422
    assert client.post(f"/links/{secret}", data=SET).status_code == 303


def test_a_link_ends_with_its_hours(sqlite_world: World) -> None:
    secret = sqlite_world.link_for(sqlite_world.worker, hours=72)
    sqlite_world.clock.advance(timedelta(hours=72))
    assert sqlite_world.client().get(f"/links/{secret}").status_code == 200
    sqlite_world.clock.advance(timedelta(seconds=1))
    assert sqlite_world.client().get(f"/links/{secret}").status_code == 404
    assert sqlite_world.client().post(f"/links/{secret}", data=SET).status_code == 404


def test_a_newer_link_ends_the_older_one(sqlite_world: World) -> None:
    older = sqlite_world.link_for(sqlite_world.worker)
    newer = sqlite_world.link_for(sqlite_world.worker)
    assert sqlite_world.client().get(f"/links/{older}").status_code == 404
    assert sqlite_world.client().get(f"/links/{newer}").status_code == 200


def test_the_link_of_a_stopped_account_opens_nothing(sqlite_world: World) -> None:
    secret = sqlite_world.link_for(sqlite_world.worker)
    sqlite_world.client(sqlite_world.manager).post(f"/accounts/{sqlite_world.worker.id}/disable")
    assert sqlite_world.client().get(f"/links/{secret}").status_code == 404
    assert sqlite_world.client().post(f"/links/{secret}", data=SET).status_code == 404


@pytest.mark.parametrize("secret", ["x", "../sign-in", "A" * 43])
def test_a_made_up_link_opens_nothing(sqlite_world: World, secret: str) -> None:
    assert sqlite_world.client().get(f"/links/{secret}").status_code == 404


def test_setting_a_password_by_link_sends_every_device_out(world: World) -> None:
    thief = world.client(world.worker)
    secret = world.link_for(world.worker, LinkPurpose.RESET)
    world.client().post(f"/links/{secret}", data=SET)
    assert thief.get("/devices").status_code == 303


def test_two_browsers_at_once_set_one_password(world: World) -> None:
    secret = world.link_for(world.worker)
    answers = [world.client().post(f"/links/{secret}", data=SET).status_code for _ in range(2)]
    assert sorted(answers) == [303, 404]


# ---- invitations


INVITED = {"name": "岩渕 はるか", "kana": "いわぶち はるか", "mail": "Haruka@Example.jp", "role": "worker"}


def test_an_invited_person_gets_a_letter_and_comes_in_by_it(world: World) -> None:
    manager = world.client(world.manager)
    assert manager.post("/accounts", data=INVITED).status_code == 303
    (letter,) = letters(world)
    assert letter.recipient == "haruka@example.jp"
    assert letter.body.count("http://localhost/links/") == 1
    assert world.client().post(link_in(letter.body), data=SET).status_code == 303
    assert comes_in(world, "haruka@example.jp")


def test_the_name_of_an_invited_person_is_kept_as_it_was_typed(world: World) -> None:
    world.client(world.manager).post(
        "/accounts", data={**INVITED, "name": "髙橋 﨑子", "kana": "タカハシ サキコ"}
    )
    with world.reading() as session:
        account = session.exec(select(Account).where(Account.mail == "haruka@example.jp")).one()
    assert (account.name, account.kana, account.role) == ("髙橋 﨑子", "タカハシ サキコ", Role.WORKER)


def test_what_was_typed_into_an_invitation_stays_when_it_is_refused(sqlite_world: World) -> None:
    typed = {**INVITED, "mail": sqlite_world.worker.mail, "role": "editor"}
    answer = sqlite_world.client(sqlite_world.manager).post("/accounts", data=typed)
    assert answer.status_code == 422
    page = page_of(answer.text)
    for name in ("name", "kana", "mail"):
        assert page.find("input", name=name).get("value") == typed[name]
    (chosen,) = [
        one for one in page.find("select", name="role").find_all("option") if one.get("selected") is not None
    ]
    assert chosen.get("value") == "editor"
    assert "すでに登録されています" in page.find(role="alert").text
    assert letters(sqlite_world) == []


def test_the_link_shown_to_the_manager_is_the_one_in_the_letter(sqlite_world: World) -> None:
    manager = sqlite_world.client(sqlite_world.manager)
    manager.post("/accounts", data=INVITED)
    assert link_in(letters(sqlite_world)[0].body) in manager.get("/accounts").text
    assert "/links/" not in manager.get("/accounts").text, "it is shown once"


# ---- resets


def test_a_known_and_an_unknown_address_get_the_same_answer_to_a_reset(world: World) -> None:
    known = world.client().post("/forgotten", data={"mail": world.worker.mail})
    unknown = world.client().post("/forgotten", data={"mail": "nobody1@example.jp"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(world.worker.mail, "…") == unknown.text.replace("nobody1@example.jp", "…")
    assert dict(known.headers).keys() == dict(unknown.headers).keys()
    (letter,) = letters(world)
    assert letter.recipient == world.worker.mail


def test_a_stopped_account_gets_the_same_answer_and_no_letter(sqlite_world: World) -> None:
    sqlite_world.client(sqlite_world.manager).post(f"/accounts/{sqlite_world.worker.id}/disable")
    stopped = sqlite_world.client().post("/forgotten", data={"mail": sqlite_world.worker.mail})
    unknown = sqlite_world.client().post("/forgotten", data={"mail": "nobody1@example.jp"})
    mail = sqlite_world.worker.mail
    assert stopped.text.replace(mail, "…") == unknown.text.replace("nobody1@example.jp", "…")
    assert letters(sqlite_world) == []


def test_a_reset_by_letter_sets_a_new_password(world: World) -> None:
    world.with_password(world.worker, "わすれてしまった合言葉")
    world.client().post("/forgotten", data={"mail": world.worker.mail})
    (letter,) = letters(world)
    assert world.client().post(link_in(letter.body), data=SET).status_code == 303
    assert comes_in(world, world.worker.mail)
    assert not comes_in(world, world.worker.mail, "わすれてしまった合言葉")


def test_asking_for_a_reset_changes_nothing_until_the_link_is_used(sqlite_world: World) -> None:
    sqlite_world.with_password(sqlite_world.worker)
    client = sqlite_world.client(sqlite_world.worker)
    sqlite_world.client().post("/forgotten", data={"mail": sqlite_world.worker.mail})
    assert client.get("/devices").status_code == 200
    assert comes_in(sqlite_world, sqlite_world.worker.mail)


def forgot(world: World, mail: str, *, address: str = "192.0.2.1") -> int:
    answer = world.client().post(
        "/forgotten", data={"mail": mail}, environ_overrides={"REMOTE_ADDR": address}
    )
    return answer.status_code


def test_one_cannot_have_a_mailbox_filled_with_resets(sqlite_world: World) -> None:
    mail = sqlite_world.worker.mail
    answers = [forgot(sqlite_world, mail, address=f"192.0.2.{number}") for number in range(12)]
    assert answers == [200] * 12
    assert len(letters(sqlite_world)) == 3
    sqlite_world.clock.advance(timedelta(minutes=61))
    assert forgot(sqlite_world, mail) == 200
    assert len(letters(sqlite_world)) == 4


def test_who_keeps_asking_keeps_nobody_elses_letters_away(sqlite_world: World) -> None:
    for _hour in range(3):
        for _again in range(10):
            forgot(sqlite_world, sqlite_world.worker.mail, address="198.51.100.9")
        sqlite_world.clock.advance(timedelta(minutes=30))
    assert len(letters(sqlite_world)) == 6  # three at the beginning, three more when an hour was over


def test_a_machine_that_asks_for_many_has_to_wait(sqlite_world: World) -> None:
    answers = [forgot(sqlite_world, f"somebody{number}@example.jp") for number in range(21)]
    assert answers == [200] * 20 + [429]
    assert forgot(sqlite_world, sqlite_world.worker.mail, address="198.51.100.9") == 200


def test_a_reset_that_anybody_asked_for_leaves_the_invitation_open(world: World) -> None:
    invitation = world.link_for(world.worker)
    assert forgot(world, world.worker.mail) == 200
    (letter,) = letters(world)
    assert world.client().post(f"/links/{invitation}", data=SET).status_code == 303
    assert world.client().get(link_in(letter.body or "/links/gone")).status_code == 404
    assert comes_in(world, world.worker.mail)


def test_a_link_that_was_used_ends_all_others_and_their_letters(world: World) -> None:
    forgot(world, world.worker.mail)
    forgot(world, world.worker.mail)
    first, second = (link_in(letter.body) for letter in letters(world))
    assert world.client().post(second, data=SET).status_code == 303
    assert world.client().get(first).status_code == 404
    assert {(letter.body, letter.last_error) for letter in letters(world)} == {("", "void")}
    assert "新しいリンクに替わりました" in world.client(world.manager).get("/jobs/outbox").text


def test_a_letter_ends_with_its_link(world: World) -> None:
    forgot(world, world.worker.mail)
    world.clock.advance(timedelta(hours=world.settings.link_hours, seconds=1))
    assert outbox.send_due(world.store, world.settings, world.clock) == 0
    (letter,) = letters(world)
    assert (letter.body, letter.last_error) == ("", "expired")
    assert letter.done_at is not None
    assert "期限が過ぎました" in world.client(world.manager).get("/jobs/outbox").text


def test_no_link_is_kept_in_clear(world: World) -> None:
    secret = world.link_for(world.worker)
    with world.reading() as session:
        (row,) = session.exec(select(OneTimeLink)).all()
    assert secret not in str(row.model_dump())


def test_whoever_makes_a_link_for_somebody_is_seen_in_the_trail_without_its_secret(world: World) -> None:
    client = world.client(world.manager)
    assert client.post(f"/accounts/{world.administrator.id}/link").status_code == 303
    made = [entry for entry in world.trail("one_time_link") if entry.account_id == world.manager.id]
    assert [entry.action.value for entry in made] == ["create"]
    assert str(world.administrator.id) in str(made[0].facts)
    assert "secret_hash" not in str(made[0].facts)
    assert made[0].personal is None


def test_a_password_that_was_set_stands_in_the_trail_without_its_hash(world: World) -> None:
    secret = world.link_for(world.worker)
    client = world.client()
    form = {"password": "山のむこうの赤い屋根の家", "again": "山のむこうの赤い屋根の家"}
    assert client.post(f"/links/{secret}", data=form).status_code == 303
    entries = world.trail("password")
    assert len(entries) == 1
    assert "argon2" not in f"{entries[0].facts}{entries[0].personal}"


def test_asking_for_links_does_not_close_the_sign_in(world: World) -> None:
    world.with_password(world.worker)
    for number in range(25):
        forgot(world, f"somebody{number}@example.jp")
        forgot(world, world.worker.mail)
    data = {"mail": world.worker.mail, "password": PASSWORD}
    signed = world.client().post("/sign-in", data=data, environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert signed.status_code == 303


def test_a_link_is_shown_in_a_field_to_copy_and_the_letter_is_told_of(sqlite_world: World) -> None:
    manager = sqlite_world.client(sqlite_world.manager)
    manager.post("/accounts", data=INVITED)
    page = page_of(manager.get("/accounts").text)
    field = page.find("input", id="one-link")
    assert link_in(letters(sqlite_world)[0].body) in (field.get("value") or "")
    assert field.get("readonly") is not None
    assert "メールの設定がまだない" in page.find("main").text


def test_a_new_link_for_somebody_who_never_came_is_an_invitation(sqlite_world: World) -> None:
    manager = sqlite_world.client(sqlite_world.manager)
    manager.post(f"/accounts/{sqlite_world.worker.id}/link")
    assert "登録のご案内" in letters(sqlite_world)[0].subject
