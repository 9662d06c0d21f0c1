"""One thread through the whole house, at tablet size, on the real file: as somebody new would do it."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from pypdf import PdfReader
from waitress import create_server

from crm.accounts import service as accounts
from crm.accounts.service import NewAccount
from crm.app import handlers
from crm.config import Settings
from crm.core.clock import TOKYO, FixedClock
from crm.db.store import Store
from crm.jobs import clock as job_clock
from crm.jobs.running import Premises
from crm.web.access import Role
from tests.live import THREADS

REAL_FILE = Path(__file__).parents[2].parent / "shared" / "data" / "ichinoseki_towns.csv"
PASSWORD = "ことしの桜は四月に咲いた"
TABLET = ViewportSize(width=1180, height=820)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not REAL_FILE.exists(), reason="the real file stands in ../shared, which is not here"),
]


@pytest.fixture
def house(
    serve: Callable[[Settings, Store, FixedClock], Flask],
    settings: Settings,
    sqlite_store: Store,
    clock: FixedClock,
) -> Iterator[tuple[str, str]]:
    """A new installation that serves and works: its address, and the manager's one-time link."""
    app = serve(settings, sqlite_store, clock)
    server = create_server(app, host="127.0.0.1", port=0, threads=THREADS)
    url = f"http://127.0.0.1:{server.effective_port}"
    with sqlite_store.writing() as session:
        manager = NewAccount("佐々木 みどり", "ささき みどり", "manager@example.jp", Role.MANAGER)
        secret = accounts.found(session, "まちの支援室", manager, now=clock.now(), hours=72)
    background = job_clock.start_background(Premises(settings, sqlite_store, clock), handlers(app))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield url, f"{url}/links/{secret}"
    background.stop()
    server.close()
    thread.join(5)


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Makes tablets: browser profiles of their own."""
    made: list[BrowserContext] = []

    def one() -> BrowserContext:
        made.append(browser.new_context(viewport=TABLET, locale="ja-JP", timezone_id="Asia/Tokyo"))
        return made[-1]

    yield one
    for context in made:
        context.close()


def join(page: Page, link: str, mail: str) -> None:
    """Set a password by the one-time link, then sign in."""
    page.goto(link)
    page.get_by_label("新しいパスワード", exact=False).first.fill(PASSWORD)
    page.get_by_label("新しいパスワード(もう一度)").fill(PASSWORD)
    page.get_by_role("button", name="このパスワードに決める").click()
    page.get_by_label("メールアドレス").fill(mail)
    page.get_by_label("パスワード", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def wait_for_job(page: Page, sign: str) -> None:
    """Wait until the page of a job says so."""
    expect(page.get_by_text(sign).first).to_be_visible(timeout=60_000)


def test_from_the_real_file_to_the_report_of_the_month(
    house: tuple[str, str], tablet: Callable[[], BrowserContext], clock: FixedClock, tmp_path: Path
) -> None:
    url, link = house
    manager = tablet().new_page()
    join(manager, link, "manager@example.jp")
    import_the_real_file(manager, url)
    worker = invite_a_worker(manager, url, tablet)
    assign_everything(manager, url)
    first_day = plan_the_month(manager, url)
    clock.advance(datetime.combine(first_day, datetime.min.time(), TOKYO) + timedelta(hours=9) - clock.now())
    taps = record_ten_visits(worker, url)
    assert max(taps) <= 4
    clock.advance(datetime(2026, 7, 1, 9, 0, tzinfo=TOKYO) - clock.now())
    close_the_month(manager, url, tmp_path)


def import_the_real_file(page: Page, url: str) -> None:
    page.goto(f"{url}/imports")
    page.get_by_label("大字", exact=False).first.check()
    page.get_by_label("ファイル", exact=False).and_(page.locator("input[type=file]")).set_input_files(
        REAL_FILE
    )
    page.get_by_label("ない地域を作る", exact=False).check()
    page.get_by_role("button", name="変わる内容を確かめる").click()
    wait_for_job(page, "新規370件")
    page.get_by_role("button", name="取り込む", exact=True).click()
    wait_for_job(page, "取り込みました")
    page.goto(f"{url}/territories")
    expect(page.get_by_role("row").filter(has_text="花泉")).to_contain_text("花泉")
    page.goto(f"{url}/places?q=キノミ")
    expect(page.get_by_role("table")).to_contain_text("黄海")


def invite_a_worker(page: Page, url: str, tablet: Callable[[], BrowserContext]) -> Page:
    page.goto(f"{url}/accounts")
    page.get_by_label("名前").fill("千葉 さくら")
    page.get_by_label("メールアドレス").fill("sakura@example.jp")
    page.get_by_role("button", name="案内を送る").click()
    told = page.get_by_label("リンク", exact=True).input_value()
    found = re.search(r"/links/[\w-]+", told)
    assert found is not None
    worker = tablet().new_page()
    join(worker, url + found.group(), "sakura@example.jp")
    return worker


def assign_everything(page: Page, url: str) -> None:
    for town in ("一関", "花泉", "大東", "千厩", "東山", "室根", "川崎", "藤沢"):
        page.goto(f"{url}/territories")
        page.get_by_role("link", name=town, exact=True).first.click()
        form = (
            page.locator("form")
            .filter(has=page.get_by_label("だれを", exact=False))
            .or_(page.locator("form[action$='/assign']"))
            .first
        )
        form.locator("select").first.select_option(label="千葉 さくら")
        form.get_by_role("button").click()
        expect(page.get_by_role("main")).to_contain_text("千葉 さくら")


def plan_the_month(page: Page, url: str) -> date:
    page.goto(f"{url}/plan/intervals")
    page.get_by_label("種別").select_option(label="大字・小字")
    page.get_by_label("何か月に1回").fill("3")
    page.get_by_role("button", name="決める").click()
    page.goto(f"{url}/plan/2026-06")
    page.get_by_role("button", name="案を作る").click()
    wait_for_job(page, "計画の案ができました")
    page.get_by_role("button", name="公開する").click()
    expect(page.get_by_text("計画を公開しました")).to_be_visible()
    day = page.locator("h3[id^='day-']").first.get_attribute("id")
    assert day is not None
    return datetime.fromisoformat(day.removeprefix("day-")).date()


def record_ten_visits(page: Page, url: str) -> list[int]:
    """Record ten visits with taps only; gives how many each took from the list of today."""
    taken = []
    for number in range(10):
        page.goto(f"{url}/today")
        taps = 0
        planned = page.get_by_role("link", name="記録する", exact=True)
        if planned.count() == 0:
            break
        planned.first.click()
        taps += 1
        support = ("いるだけ", "見るだけ", "直接支援")[number % 3]
        page.locator("label", has_text=support).click()
        taps += 1
        page.get_by_role("button", name="保存する").click()
        taps += 1
        expect(page.get_by_text("記録しました。")).to_be_visible()
        taken.append(taps)
    assert len(taken) >= 5
    for _ in range(10 - len(taken)):  # what is left of the ten: calls that nobody planned
        page.goto(f"{url}/places")
        page.get_by_role("table").get_by_role("link").first.click()
        page.get_by_role("link", name="記録する").first.click()
        page.locator("label", has_text="見るだけ").click()
        page.get_by_role("button", name="保存する").click()
        expect(page.get_by_text("記録しました。")).to_be_visible()
        taken.append(4)
    return taken


def close_the_month(page: Page, url: str, folder: Path) -> None:
    page.goto(f"{url}/reports/2026-06")
    page.get_by_role("link", name="この月を確定する").click()
    page.get_by_role("button", name="この月を確定する").click()
    wait_for_job(page, "できました")
    kept = {}
    for kind, name in (("pdf", "PDFを開く"), ("xlsx", "Excelを開く")):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name).click()
        kept[kind] = folder / f"report.{kind}"
        waiting.value.save_as(kept[kind])
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(kept["pdf"].read_bytes())).pages)
    assert "令和8年6月" in text
    assert "まちの支援室" in text
    book = openpyxl.load_workbook(kept["xlsx"])
    assert book["集計"]["C5"].value is not None
    assert sum(1 for row in book["対応一覧"].iter_rows(min_row=3) if row[0].value) == 10
    page.goto(f"{url}/reports/2026-06")
    page.get_by_role("link", name="10", exact=True).first.click()
    expect(page.get_by_text("延べ10件", exact=False)).to_be_visible()
    page.locator("tbody a").first.click()
    expect(page.get_by_text("対応記録").first).to_be_visible()
    page.get_by_role("link", name="令和8年6月の報告").click()
    expect(page.get_by_text("延べ10件", exact=False)).to_be_visible()
