from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from crm.core.problems import Problem
from crm.jobs import installation, outbox, rules, service, views
from crm.jobs.models import Job, OutboxMail, State
from crm.jobs.running import Premises, Work, run_next
from tests.world import Person, World


def ask(
    world: World, by: Person | None, kind: str = "count", slot: str | None = None, title: str = ""
) -> UUID:
    with world.store.writing() as session:
        job = service.ask(
            session,
            kind,
            slot=slot or str(uuid4()),
            title=title,
            arguments={"month": "2026-05"},
            asked_by=by.id if by else None,
            now=world.clock.now(),
        )
        return job.id


def run(world: World, handler: Any) -> None:
    premises = Premises(world.settings, world.store, world.clock)
    assert run_next(premises, {"count": handler, "backup": handler})


def post_mail(world: World, recipient: str = "a@example.jp") -> UUID:
    with world.store.writing() as session:
        return outbox.post(
            session, str(uuid4()), recipient, "訪問のお知らせ", "本文", now=world.clock.now()
        ).id


def refuse(work: Work) -> None:
    raise Problem("time_unreadable", text="夜中")


def test_a_worker_sees_his_own_jobs_and_nobody_elses(world: World) -> None:
    own = ask(world, world.worker, title="名簿の取り込み")
    foreign = ask(world, world.other_worker, title="ほかの人の作業")
    nobodys = ask(world, None, title="夜の作業")
    client = world.client(world.worker)
    text = client.get("/jobs").text
    assert "名簿の取り込み" in text
    assert "ほかの人の作業" not in text
    assert "夜の作業" not in text
    assert client.get(f"/jobs/{own}").status_code == 200
    for hidden in (foreign, nobodys):
        assert client.get(f"/jobs/{hidden}").status_code == 404
        assert client.get(f"/jobs/{hidden}/progress").status_code == 404
        assert client.post(f"/jobs/{hidden}/stop").status_code == 404
        assert client.post(f"/jobs/{hidden}/again").status_code == 404


@pytest.mark.parametrize("who", ["manager", "administrator"])
def test_those_who_keep_the_organisation_see_every_job_and_who_asked(world: World, who: str) -> None:
    ask(world, world.worker, title="名簿の取り込み")
    ask(world, None, title="夜の作業")
    text = world.client(getattr(world, who)).get("/jobs").text
    assert "名簿の取り込み" in text
    assert world.worker.name in text
    assert "夜の作業" in text
    assert "自動" in text


def test_a_reader_has_no_jobs(world: World) -> None:
    assert world.client(world.reader).get("/jobs").status_code == 403


def test_progress_is_told_as_the_page_asks_for_it(world: World) -> None:
    job_id = ask(world, world.worker)
    client = world.client(world.worker)
    assert client.get(f"/jobs/{job_id}/progress").json == {
        "done": 0,
        "total": None,
        "text": "順番待ち",
        "state": "running",
        "next": None,
    }
    with world.store.writing() as session:
        job = session.get_one(Job, job_id)
        job.state, job.done, job.total, job.step = State.RUNNING, 12, 370, "行を調べています"
    assert client.get(f"/jobs/{job_id}/progress").json == {
        "done": 12,
        "total": 370,
        "text": "行を調べています(12/370)",
        "state": "running",
        "next": None,
    }
    page = client.get(f"/jobs/{job_id}").text
    assert f'data-progress="/jobs/{job_id}/progress"' in page
    assert 'max="370" value="12"' in page


def test_a_job_that_is_done_leads_to_its_result(world: World) -> None:
    job_id = ask(world, world.worker)
    run(world, lambda work: {"sum": 3})
    with world.app.app_context():
        world.app.extensions["crm.site"].sockets[views.RESULTS] = {
            "count": lambda row: f"/reports/{row.arguments['month']}?sum={row.result['sum']}"
        }
        world.app.extensions["crm.site"].sockets[views.KINDS] = {"count": "数え上げ"}
        world.app.extensions["crm.site"].sockets[views.FACTS] = {
            "count": lambda row: [("合計", str(row.result["sum"]))]
        }
    client = world.client(world.worker)
    told = client.get(f"/jobs/{job_id}/progress").json
    assert told is not None
    assert (told["state"], told["next"]) == ("done", "/reports/2026-05?sum=3")
    text = client.get(f"/jobs/{job_id}").text
    assert 'href="/reports/2026-05?sum=3"' in text
    assert "数え上げ" in text
    assert "合計" in text


def test_a_job_that_failed_says_why_in_words_and_can_be_run_again(world: World) -> None:
    job_id = ask(world, world.worker)
    run(world, refuse)
    client = world.client(world.worker)
    assert "「夜中」は時刻として読めません。" in client.get(f"/jobs/{job_id}").text
    assert client.get(f"/jobs/{job_id}/progress").json["state"] == "failed"  # type: ignore[index]
    assert client.post(f"/jobs/{job_id}/again").status_code == 303
    run(world, lambda work: None)
    assert "終わりました" in client.get(f"/jobs/{job_id}").text
    assert client.post(f"/jobs/{job_id}/again").status_code == 409


def test_a_job_is_stopped_from_its_page(world: World) -> None:
    job_id = ask(world, world.worker)
    client = world.client(world.worker)
    assert client.post(f"/jobs/{job_id}/stop").status_code == 303
    assert "中止しました" in client.get(f"/jobs/{job_id}").text


def test_a_title_with_a_percent_sign_is_shown_as_it_is(world: World) -> None:
    job_id = ask(world, world.worker, title="割引100%(試し).csv")
    client = world.client(world.worker)
    assert "割引100%(試し).csv" in client.get(f"/jobs/{job_id}").text
    assert "割引100%(試し).csv" in client.get("/jobs").text


def test_older_jobs_are_on_the_next_page(world: World) -> None:
    for number in range(31):
        ask(world, world.worker, title=f"作業その{number}番")
    client = world.client(world.worker)
    first = client.get("/jobs").text
    assert "作業その30番" in first
    assert "作業その0番" not in first
    link = first.partition("/jobs?before=")[2].partition('"')[0]
    second = client.get(f"/jobs?before={link}").text
    assert "作業その0番" in second
    assert "作業その1番" not in second
    assert client.get("/jobs?before=nonsense").status_code == 404


def test_only_those_who_keep_the_organisation_see_the_outbox(world: World) -> None:
    mail_id = post_mail(world)
    for person in world.people:
        allowed = person in (world.manager, world.administrator)
        client = world.client(person)
        assert client.get("/jobs/outbox").status_code == (200 if allowed else 403)
        if not allowed:
            assert client.post(f"/jobs/outbox/{mail_id}/drop").status_code == 403
            assert client.post("/jobs/outbox/release").status_code == 403


def test_a_held_outbox_is_told_and_released_by_a_person(world: World) -> None:
    post_mail(world, "held@example.jp")
    with world.store.writing() as session:
        installation.begin_epoch(session, now=world.clock.now(), hold_outbox=True)
    client = world.client(world.manager)
    assert "メールの送信を止めています" in client.get("/jobs").text
    page = client.get("/jobs/outbox").text
    assert "令和8年6月15日 10:00から止めています" in page
    assert "held@example.jp" in page
    assert client.post("/jobs/outbox/release").status_code == 303
    assert "メールの送信を止めています" not in client.get("/jobs/outbox").text
    with world.store.reading() as session:
        assert installation.held_since(session) is None


def test_a_mail_that_was_given_up_is_shown_with_the_servers_words_and_sent_again(world: World) -> None:
    mail_id = post_mail(world, "gone@example.jp")
    with world.store.writing() as session:
        mail = session.get_one(OutboxMail, mail_id)
        mail.next_try_at, mail.tries, mail.last_error = rules.NEVER, 9, "550 no such user"
    client = world.client(world.manager)
    assert "送れなかったメールが1件あります" in client.get("/jobs").text
    page = client.get("/jobs/outbox").text
    assert "送れませんでした" in page
    assert "550 no such user" in page
    world.clock.advance(timedelta(minutes=1))
    assert client.post(f"/jobs/outbox/{mail_id}/again").status_code == 303
    with world.store.reading() as session:
        assert session.exec(select(OutboxMail.next_try_at)).one() == world.clock.now()


def test_a_mail_that_shall_not_leave_is_dropped(world: World) -> None:
    mail_id = post_mail(world)
    client = world.client(world.manager)
    assert client.post(f"/jobs/outbox/{mail_id}/drop").status_code == 303
    page = client.get("/jobs/outbox").text
    assert "送信を待っているメールはありません。" in page
    assert "人が取り消しました。" in page
    assert client.post(f"/jobs/outbox/{mail_id}/drop").status_code == 404
