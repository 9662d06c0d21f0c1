"""Every page there is, looked at: by its HTML, and in a real browser."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Browser, BrowserContext, Page

from crm.web.access import Can
from crm.web.pages import Pages
from tests import axe, browsers, lint
from tests.doors import DOORS, PAGE, Door, opener
from tests.live import Live, serving
from tests.markup import page_of
from tests.samples import Samples
from tests.world import Person, World

PAGES = {name: door for name, door in DOORS.items() if door.gives == PAGE}
PUBLIC = {name: door for name, door in PAGES.items() if None in door.who}

SHORT_WAYS = {"plan.show"}
"""Further ways to pages that stand at another address too: /plan shows the plan of this month."""


def addresses(samples: Samples, endpoint: str, door: Door) -> list[str]:
    """Where a page can be looked at: the page itself, and with each further question."""
    with samples.world.app.test_request_context():
        parts = door.parts(samples, opener(door, samples.world))
        here = samples.world.app.url_for(endpoint, **parts)  # type: ignore[arg-type]
    joined = "&" if "?" in here else "?"
    return [here, *(here + joined + asked.removeprefix("?") for asked in door.asked(samples))]


# ---- by its HTML


@pytest.mark.parametrize("endpoint", PAGES)
def test_a_page_is_in_order(samples: Samples, endpoint: str) -> None:
    door = DOORS[endpoint]
    client = samples.world.client(opener(door, samples.world))
    for address in addresses(samples, endpoint, door):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not (found := lint.faults(answer.text)), "\n".join([address, *found])
        assert page_of(answer.text).find("html").get("lang") == "ja"


@pytest.mark.parametrize("endpoint", PUBLIC)
def test_a_public_page_is_in_order_in_english_too(samples: Samples, endpoint: str) -> None:
    door = DOORS[endpoint]
    for address in addresses(samples, endpoint, door):
        answer = samples.world.client().get(address + ("&" if "?" in address else "?") + "lang=en")
        assert page_of(answer.text).find("html").get("lang") == "en", address
        assert not (found := lint.faults(answer.text)), "\n".join([address, *found])


def test_no_two_pages_have_the_same_title(samples: Samples) -> None:
    titles: Counter[str] = Counter()
    for endpoint, door in PAGES.items():
        if endpoint in SHORT_WAYS:
            continue
        address = addresses(samples, endpoint, door)[0]
        html = samples.world.client(opener(door, samples.world)).get(address).text
        titles[page_of(html).find_all("title")[0].own_text.strip()] += 1
    assert [title for title, count in titles.items() if count > 1] == []


def crash() -> str:
    raise RuntimeError("planted")


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nowhere", {}, 404),
        ("/links/used", {}, 404),
        ("/crash", {}, 500),
        ("/sign-in", {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_page_of_an_error_is_in_order_and_friendly(
    sqlite_world: World, path: str, headers: dict[str, str], status: int, lang: str
) -> None:
    sqlite_world.app.add_url_rule("/crash", "crash", crash)
    method = "POST" if headers else "GET"
    answer = sqlite_world.client().open(f"{path}?lang={lang}", method=method, headers=headers)
    assert answer.status_code == status
    assert lint.faults(answer.text) == []
    assert page_of(answer.text).find("main").find_all("a"), "it says where to go on"


def test_the_page_of_a_refusal_is_in_order(samples: Samples) -> None:
    answer = samples.world.client(samples.world.reader).get("/accounts")
    assert answer.status_code == 403
    assert lint.faults(answer.text) == []


# ---- each rule can fail

GOOD = """<!DOCTYPE html>
<html lang="en"><head><title>Places</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Places</h1><p>Eighty four houses.</p>HERE</main></body></html>"""

PLANTED = {
    "a second h1": ("<h1>More</h1>", "2 h1"),
    "a field without label": ('<input name="on">', "no label"),
    "a field whose label is empty": ('<label for="on"></label><input id="on">', "no label"),
    "a choice without label": ('<select name="on"><option>1</option></select>', "no label"),
    "a link without words": ('<a href="/x"><svg aria-hidden="true"></svg></a>', "no words"),
    "a button without words": ("<button></button>", "no words"),
    "a link to nowhere": ("<a>Places</a>", "a link to nowhere"),
    "a picture without words": ('<img src="/x.png">', "no alt"),
    "a table without caption": ("<table><tr><th>1</th></tr></table>", "without a caption"),
    "a table without headings": (
        "<table><caption>Houses</caption><tr><td>1</td></tr></table>",
        "without headings",
    ),
    "the same id twice": ('<p id="a">1</p><p id="a">2</p>', "stands 2 times"),
    "a label for nothing": ('<label for="b">Day</label>', "points to no id"),
    "a hint that is not there": (
        '<label>Day <input aria-describedby="hint"></label>',
        "points to no id",
    ),
    "a link to no id": ('<a href="#nowhere">Day</a>', "a link to no id"),
    "an inline script": ("<script>alert(1)</script>", "inline <script>"),
    "an inline style": ('<p style="color: red">1</p>', "inline style"),
    "a style sheet in the page": ("<style>p { color: red }</style>", "inline <style>"),
    "an inline handler": ('<button onclick="go()">Go</button>', "inline onclick"),
    "a script in a link": ('<a href="javascript:go()">Go</a>', "inline script in href"),
    "a script from elsewhere": ('<script src="//cdn.example/x.js"></script>', "from elsewhere"),
    "a style sheet from elsewhere": (
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        "from elsewhere",
    ),
    "a form that leads elsewhere": (
        '<form method="post" action="https://evil.example"></form>',
        "from elsewhere",
    ),
    "a link without encryption": ('<a href="http://other.example">Other</a>', "without encryption"),
    "a form without method": ('<form action="/x"></form>', "without method"),
    "a code of the program": ("<p>month_not_over</p>", "left over"),
    "a None": ("<p>Population: None</p>", "left over"),
    "a gap of a sentence": ("<p>From %(opened_on)s</p>", "left over"),
    "kana on an English page": ("<p>ひらがな</p>", "not translated"),
    "kanji on an English page": ("<p>Name: 区長</p>", "not translated"),
    "Japanese read aloud on an English page": ('<p aria-label="地域">1</p>', "not translated"),
    "a tag that is not closed": ("<p><b>1</p>", "closes"),
    "an attribute twice": ('<p class="a" class="b">1</p>', "has class twice"),
}


@pytest.mark.parametrize(("planted", "told"), PLANTED.values(), ids=PLANTED.keys())
def test_what_is_planted_on_a_page_is_found(planted: str, told: str) -> None:
    found = lint.faults(GOOD.replace("HERE", planted))
    assert [fault for fault in found if told in fault], found


HEADS = {
    "no doctype": ("<!DOCTYPE html>", "", "no doctype"),
    "no language": (' lang="en"', "", "html without lang"),
    "a language we do not speak": ('lang="en"', 'lang="fr"', "html without lang"),
    "an empty title": ("<title>Places</title>", "<title> </title>", "an empty title"),
    "no title": ("<title>Places</title>", "", "not exactly one title"),
    "no h1": ("<h1>Places</h1>", "", "0 h1"),
    "an empty h1": ("<h1>Places</h1>", "<h1></h1>", "an empty h1"),
    "a page that cannot be enlarged": ("initial-scale=1", "user-scalable=no", "viewport"),
}


@pytest.mark.parametrize(("there", "instead", "told"), HEADS.values(), ids=HEADS.keys())
def test_what_is_wrong_with_the_head_of_a_page_is_found(there: str, instead: str, told: str) -> None:
    found = lint.faults(GOOD.replace("HERE", "").replace(there, instead))
    assert [fault for fault in found if told in fault], found


GOOD_PARTS = {
    "nothing more": "",
    "Japanese that is marked": '<p lang="ja">一関市</p>',
    "a label around its field": "<label>Day <input></label>",
    "a label beside its field": '<label for="a">Day</label><input id="a">',
    "a hidden field": '<input type="hidden" name="rev" value="1">',
    "code that is shown as such": "<p><code>place_facts</code></p>",
    "headings of files that are read": '<p><span translate="no">former_town</span></p>',
}


@pytest.mark.parametrize("part", GOOD_PARTS.values(), ids=GOOD_PARTS.keys())
def test_what_is_right_passes(part: str) -> None:
    assert lint.faults(GOOD.replace("HERE", part)) == []


def plant(app: Flask, content: str) -> None:
    """Add a public page with this content, in the house's own layout."""
    pages = Pages("planted", __name__)
    whole = (
        '{% extends "bare.html" %}{% block title %}Planted{% endblock %}'
        "{% block content %}<h1>Planted</h1>" + content + "{% endblock %}"
    )

    @pages.get("/planted", access=Can.ENTER)
    def show() -> str:
        return render_template_string(whole)

    app.register_blueprint(pages)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<h1>Again</h1>", "2 h1"),
        ('<input name="day">', "no label"),
        ("<script>1</script>", "inline <script>"),
        ('<p>{{ _("訳されていない文") }}</p>', "not translated"),
    ],
)
def test_a_page_of_ours_with_a_fault_is_caught(sqlite_world: World, content: str, told: str) -> None:
    plant(sqlite_world.app, content)
    found = lint.faults(sqlite_world.client().get("/planted?lang=en").text)
    assert [fault for fault in found if told in fault], found


# ---- in a browser


@pytest.fixture(scope="module")
def shown(samples: Samples) -> Iterator[Live]:
    """The town with one of everything, behind its real server."""
    with serving(samples.world) as running:
        yield running


@dataclass(frozen=True)
class Tab:
    """A tab of a browser, and what the browser complained of in it."""

    page: Page
    said: list[str] = field(default_factory=list)

    def look(self, address: str) -> list[str]:
        """Everything that is found wrong with a page."""
        self.said.clear()
        self.page.set_viewport_size(browsers.TABLET)
        self.page.goto(address)
        found = axe.violations(self.page) + axe.too_small(self.page)
        self.page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in axe.violations(self.page, only="color-contrast")]
        self.page.emulate_media(color_scheme="light")
        found += axe.too_wide(self.page, width=320)
        found += axe.too_wide(self.page, width=browsers.TABLET["width"], text=200)
        return found + self.said


def opened(context: BrowserContext) -> Tab:
    tab = Tab(context.new_page())
    tab.page.on("console", lambda said: tab.said.append(said.text) if said.type == "error" else None)
    tab.page.on("pageerror", lambda error: tab.said.append(str(error)))
    return tab


Tabs = Callable[[Person | None], Tab]


@pytest.fixture(scope="module")
def tabs(shown: Live, browser: Browser) -> Iterator[Tabs]:
    """A tab per person, used again for each page."""
    contexts: list[BrowserContext] = []
    known: dict[str, Tab] = {}

    def of(person: Person | None) -> Tab:
        name = person.name if person else ""
        if name not in known:
            contexts.append(
                browser.new_context(viewport=browsers.TABLET, locale="ja-JP", reduced_motion="reduce")
            )
            if person is not None:
                shown.sign_in(contexts[-1], person)
            known[name] = opened(contexts[-1])
        return known[name]

    yield of
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("endpoint", PAGES)
def test_a_browser_finds_nothing_wrong_with_a_page(
    samples: Samples, shown: Live, tabs: Tabs, endpoint: str
) -> None:
    door = DOORS[endpoint]
    tab = tabs(opener(door, samples.world))
    for address in addresses(samples, endpoint, door):
        found = tab.look(shown.url + address)
        assert not found, "\n".join([address, *found])


BROWSER_PLANTED = {
    "a field without label": ('<input name="day">', "label: "),
    "pale text": ('<p><font color="#dddddd">Pale</font></p>', "color-contrast"),
    "a page too wide for a phone": ('<p class="nowrap">' + "Wide " * 60 + "</p>", "at 320 px and 100 %"),
    "a level of headings left out": ("<h4>Deep</h4>", "heading-order"),
    "small text": ("<p>x<sub><sub><sub>tiny</sub></sub></sub></p>", "text of"),
    "a low button": ('<p><button type="button"><span>Go</span></button></p>', "target of"),
    "a script from elsewhere": (
        '<script src="https://cdn.example/x.js"></script>',
        "Content Security Policy",
    ),
    "an inline style": ('<p style="color: red">Red</p>', "Content Security Policy"),
}


@pytest.mark.browser
@pytest.mark.parametrize(("content", "told"), BROWSER_PLANTED.values(), ids=BROWSER_PLANTED.keys())
def test_what_is_planted_on_a_page_is_found_by_the_browser(
    live: Live, browser_page: Page, content: str, told: str
) -> None:
    plant(live.app, content)
    found = opened(browser_page.context).look(f"{live.url}/planted")
    assert [fault for fault in found if told in fault], found


@pytest.mark.browser
def test_a_planted_page_without_a_fault_passes(live: Live, browser_page: Page) -> None:
    plant(live.app, "<p>All is well.</p>")
    assert opened(browser_page.context).look(f"{live.url}/planted") == []
