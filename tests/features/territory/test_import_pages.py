"""Handing in a file, looking at what it would do, and letting it be done."""

import io
import threading
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlmodel import func, select
from werkzeug.test import TestResponse

from crm.config import Settings
from crm.core.clock import FixedClock
from crm.db.store import Store
from crm.jobs import claims, rules
from crm.jobs.claims import Claim
from crm.jobs.models import Job, State
from crm.jobs.running import Premises, Work
from crm.territory.import_jobs import HANDLERS
from crm.territory.models import Place
from tests import world as town
from tests.features.territory.files import as_csv
from tests.world import Serve, World

HEADER = ["コード", "地域", "行政区名", "人口"]
GOOD = [HEADER, ["0301", "一関", "末広1区", "300"], ["0302", "花泉", "末広2区", ""]]
WRONG = [HEADER, ["0301", "一関", "末広1区", "たくさん"], ["0302", "花泉", "末広2区", ""]]


def hand_in(client: FlaskClient, content: bytes, name: str = "行政区.csv", **fields: str) -> TestResponse:
    data = {"kind": "districts", "on": "2026-06-01", **fields, "file": (io.BytesIO(content), name)}
    return client.post("/imports", data=data)


def job_of(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rsplit("/", 1)[1]


def previewed(world: World, client: FlaskClient, rows: list[list[str]], **fields: str) -> str:
    job_id = job_of(hand_in(client, as_csv(rows), **fields))
    world.work()
    return job_id


def places(world: World) -> int:
    with world.reading() as session:
        return session.exec(select(func.count()).select_from(Place)).one()


def test_a_file_is_handed_in_looked_at_and_taken_in(world: World) -> None:
    client = world.client(world.manager)
    assert client.get("/imports").status_code == 200
    preview = previewed(world, client, GOOD)
    page = client.get(f"/imports/{preview}").text
    assert "新規2件、変更0件を取り込みます。まだ何も変わっていません。" in page
    assert "行政区.csv" in page
    assert "一関 末広1区 0301" in page
    assert places(world) == 0
    applying = job_of(client.post(f"/imports/{preview}/apply"))
    world.work()
    assert places(world) == 2
    done = client.get(f"/imports/{applying}/done").text
    assert "取り込みました" in done
    assert "訪問先の一覧を見る" in done
    assert [entry.account_id for entry in world.trail("place")] == [world.manager.id] * 2


def test_the_progress_of_a_preview_leads_to_it(world: World) -> None:
    client = world.client(world.manager)
    preview = job_of(hand_in(client, as_csv(GOOD)))
    assert client.get(f"/imports/{preview}").headers["Location"].endswith(f"/jobs/{preview}")
    assert client.get(f"/jobs/{preview}/progress").get_json()["state"] == "running"
    world.work()
    told = client.get(f"/jobs/{preview}/progress").get_json()
    assert (told["state"], told["next"]) == ("done", f"/imports/{preview}")


def test_a_change_is_shown_from_what_to_what(world: World) -> None:
    client = world.client(world.manager)
    preview = previewed(world, client, GOOD)
    client.post(f"/imports/{preview}/apply")
    world.work()
    changed = [HEADER, ["0301", "一関", "末広町1区", "287"], GOOD[2]]
    again = previewed(world, client, changed)
    page = client.get(f"/imports/{again}").text
    assert "名前:末広1区 → 末広町1区" in page
    assert "人口:300 → 287" in page
    unchanged = client.get(f"/imports/{again}?show=unchanged").text
    assert "花泉 末広2区 0302" in unchanged
    assert "末広町1区" not in unchanged.partition("行ごとの内容")[2]


def test_a_file_with_a_wrong_row_is_shown_and_not_taken_in(world: World) -> None:
    client = world.client(world.manager)
    preview = previewed(world, client, WRONG)
    page = client.get(f"/imports/{preview}").text
    assert "エラーの行が1件あります。まだ何も取り込んでいません。" in page
    assert "人口:「たくさん」は数として読めません。例:102、1,234" in page
    assert f"/imports/{preview}/apply" not in page
    answer = client.post(f"/imports/{preview}/apply")
    assert answer.headers["Location"].endswith(f"/imports/{preview}")
    world.work()
    assert places(world) == 0


def test_a_file_that_is_known_already_offers_nothing_to_take_in(world: World) -> None:
    client = world.client(world.manager)
    client.post(f"/imports/{previewed(world, client, GOOD)}/apply")
    world.work()
    page = client.get(f"/imports/{previewed(world, client, GOOD)}").text
    assert "ファイルの内容は、すべて登録されています。" in page
    assert "/apply" not in page


def test_asked_for_twice_it_is_taken_in_once(world: World) -> None:
    client = world.client(world.manager)
    preview = previewed(world, client, GOOD)
    first, second = (job_of(client.post(f"/imports/{preview}/apply")) for _ in range(2))
    assert first == second
    world.work()
    assert places(world) == 2
    assert "すでに頼まれています" in client.get(f"/imports/{preview}").text


def test_unknown_territories_are_created_when_that_was_chosen(world: World) -> None:
    client = world.client(world.manager)
    rows = [HEADER, ["1", "胆沢", "上区", ""]]
    assert "ない地域を作る" in client.get(f"/imports/{previewed(world, client, rows)}").text
    preview = previewed(world, client, rows, create_territories="y")
    assert "新しく作る地域:09 胆沢" in client.get(f"/imports/{preview}").text
    applying = job_of(client.post(f"/imports/{preview}/apply"))
    world.work()
    assert "胆沢" in client.get(f"/imports/{applying}/done").text
    assert "胆沢" in client.get("/territories").text


def test_a_long_preview_is_leafed_through(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.manager)
    rows = [HEADER, *([f"{number:04}", "一関", f"第{number}区", ""] for number in range(120))]
    preview = previewed(sqlite_world, client, rows)
    page = client.get(f"/imports/{preview}").text
    assert "120件のうち1〜50件め" in page
    last = client.get(f"/imports/{preview}?show=new&page=3").text
    assert "120件のうち101〜120件め" in last
    assert "一関 第119区 0119" in last
    assert 'rel="next"' not in last
    assert client.get(f"/imports/{preview}?page=x&show=y").status_code == 200


# ---- what is refused


def test_a_file_over_the_limit_is_refused_at_its_field(
    serve: Serve, settings: Settings, sqlite_store: Store, clock: FixedClock
) -> None:
    small = settings.model_copy(update={"upload_bytes": 2000})
    world = town.build(serve(small, sqlite_store, clock), sqlite_store, small, clock)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    whole = b"\r\n--x".join([head + b"x" * 2_000_000, b"--\r\n"])  # over the limit for whole requests
    client = world.client(world.manager)
    for answer in (
        hand_in(client, b"x" * 2001),
        client.post("/imports", data=whole, content_type="multipart/form-data; boundary=x"),
    ):
        assert answer.status_code == 413
        assert '<a href="#file">ファイル:ファイルが大きすぎます。' in answer.text
    with world.reading() as session:
        assert session.exec(select(func.count()).select_from(Job)).one() == 0


@pytest.mark.parametrize(
    ("fields", "field"), [({"kind": ""}, "kind-0"), ({"kind": "people"}, "kind-0"), ({"on": "いつか"}, "on")]
)
def test_a_form_that_lacks_something_says_what(
    sqlite_world: World, fields: dict[str, str], field: str
) -> None:
    answer = hand_in(sqlite_world.client(sqlite_world.manager), as_csv(GOOD), **fields)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def test_a_form_without_a_file_says_so(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.manager)
    answer = client.post("/imports", data={"kind": "districts", "on": "2026-06-01"})
    assert answer.status_code == 422
    assert '<a href="#file">ファイル:入力してください。</a>' in answer.text


def test_a_file_that_is_no_list_is_told_on_the_page_of_the_work(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.manager)
    job_id = job_of(hand_in(client, b"%PDF-1.7 no list", name="lists/区.pdf"))
    sqlite_world.work()
    page = client.get(f"/jobs/{job_id}").text
    assert "この種類のファイル(PDF)は読めません。" in page
    assert "区.pdf" in page
    assert "lists/" not in page


def test_only_those_who_keep_places_may_import(sqlite_world: World) -> None:
    manager, worker = (sqlite_world.client(who) for who in (sqlite_world.manager, sqlite_world.worker))
    preview = previewed(sqlite_world, manager, GOOD)
    assert worker.get("/imports").status_code == 403
    assert hand_in(worker, as_csv(GOOD)).status_code == 403
    assert worker.get(f"/imports/{preview}").status_code == 403
    assert worker.post(f"/imports/{preview}/apply").status_code == 403


def test_the_page_of_an_import_shows_no_other_work(sqlite_world: World) -> None:
    client = sqlite_world.client(sqlite_world.manager)
    preview = previewed(sqlite_world, client, GOOD)
    assert client.get(f"/imports/{preview}/done").status_code == 404
    assert client.get("/imports/00000000-0000-0000-0000-000000000000").status_code == 404


# ---- after a restart


def claim(world: World) -> Claim:
    """Take up the work that waits, as a process does."""
    found = claims.claim_next(world.store, HANDLERS.keys(), world.clock.now())
    assert found is not None
    return found


def test_an_import_whose_process_died_after_writing_is_taken_up_again_and_done_once(
    world: World, clock: FixedClock
) -> None:
    client = world.client(world.manager)
    preview = previewed(world, client, GOOD)
    applying = UUID(job_of(client.post(f"/imports/{preview}/apply")))
    dying = claim(world)
    premises = Premises(world.settings, world.store, clock)
    HANDLERS[dying.kind](
        Work(dying, premises, threading.Event())
    )  # wrote everything, died before it could say so
    assert places(world) == 2
    clock.advance(rules.STALE_AFTER * 2)
    world.work()
    with world.reading() as session:
        job = session.get_one(Job, applying)
        assert (job.state, job.tries) == (State.DONE, 2)
    assert places(world) == 2
    assert "すでにすべて登録されていました。" in client.get(f"/imports/{applying}/done").text


def test_an_import_whose_process_died_before_writing_is_done_by_the_next(
    world: World, clock: FixedClock
) -> None:
    client = world.client(world.manager)
    preview = previewed(world, client, GOOD)
    client.post(f"/imports/{preview}/apply")
    claim(world)
    clock.advance(rules.STALE_AFTER * 2)
    world.work()
    assert places(world) == 2


def test_an_import_that_would_do_something_else_by_now_is_refused(world: World) -> None:
    client = world.client(world.manager)
    preview = previewed(world, client, GOOD)
    world.district("末広1区", code="0301")
    applying = job_of(client.post(f"/imports/{preview}/apply"))
    world.work()
    page = client.get(f"/jobs/{applying}").text
    assert "確かめたあとに、訪問先が変わりました。" in page
    assert places(world) == 1
