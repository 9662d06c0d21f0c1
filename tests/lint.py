"""What every page keeps to, judged by its HTML alone. Each rule names what it finds, in words."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tests.markup import Element, parsed

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9d々]")
CODE = re.compile(r"\b[a-z]{2,}(?:_[a-z0-9]+)+\b")
LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\([a-z_]+\)s|\b(?:None|undefined|NaN)\b")
READ_ALOUD = ("alt", "aria-label", "content", "placeholder", "title")
REFERENCES = (
    "for",
    "aria-describedby",
    "aria-labelledby",
    "aria-controls",
    "popovertarget",
    "list",
    "headers",
)
LOADED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src", "object": "data"}
VERBATIM = frozenset(("code", "pre", "kbd", "del", "ins", "script", "style"))
UNTYPED = frozenset(("hidden", "submit", "button", "reset", "image"))

Rule = Callable[[Element], Iterator[str]]


def one_h1(page: Element) -> Iterator[str]:
    """A page has exactly one heading of the first level, with words in it."""
    found = page.find_all("h1")
    if len(found) != 1:
        yield f"{len(found)} h1"
    elif not found[0].text:
        yield "an empty h1"


def fields_have_labels(page: Element) -> Iterator[str]:
    """Whatever is filled in says what it is."""
    for one in page.find_all("input", "select", "textarea"):
        if (one.get("type") or "text") not in UNTYPED and not _name(one, page):
            yield f"no label: <{one.tag} name={one.get('name')!r} id={one.get('id')!r}>"


def links_and_buttons_have_words(page: Element) -> Iterator[str]:
    """Whatever is pressed says where it leads or what it does."""
    for one in page.find_all("a", "button", "summary"):
        if not _name(one, page):
            yield f"no words: <{one.tag} {one.attributes}>"
        if one.tag == "a" and not one.get("href"):
            yield f"a link to nowhere: {one.text}"


def pictures_are_told(page: Element) -> Iterator[str]:
    """A picture has its words, or says that it needs none."""
    for one in page.find_all("img"):
        if one.get("alt") is None:
            yield f"no alt: <img src={one.get('src')!r}>"
    for one in page.find_all("svg"):
        hidden = any(each.get("aria-hidden") == "true" for each in (one, *one.above()))
        inner = any(each.tag == "svg" for each in one.above())
        if not hidden and not inner and not _told(one, page) and not one.find_all("title"):
            yield "an svg without words that is not hidden from readers"


def tables_have_captions(page: Element) -> Iterator[str]:
    """A table says what it shows and what its columns are."""
    for one in page.find_all("table"):
        if not one.find_all("caption") and not _told(one, page):
            yield "a table without a caption"
        if not one.find_all("th"):
            yield "a table without headings"


def ids_are_unique(page: Element) -> Iterator[str]:
    """An id stands once on a page, and whatever points to one finds it."""
    ids = Counter(one.attributes["id"] for one in page.walk() if "id" in one.attributes)
    yield from (f"id {name!r} stands {count} times" for name, count in ids.items() if count > 1)
    for one in page.walk():
        for name in REFERENCES:
            yield from (
                f"{name} of <{one.tag}> points to no id: {wanted}"
                for wanted in (one.get(name) or "").split()
                if wanted not in ids
            )
        target = one.get("href") or ""
        if target.startswith("#") and target[1:] not in ids:
            yield f"a link to no id: {target}"


def nothing_is_inline(page: Element) -> Iterator[str]:
    """Scripts and styles stand in files of ours: the browser is told to run nothing else."""
    for one in page.walk():
        if one.tag == "style" or (one.tag == "script" and not one.get("src")):
            yield f"inline <{one.tag}>"
        for name, value in one.attributes.items():
            if name == "style" or name.startswith("on"):
                yield f"inline {name} at <{one.tag}>"
            if value.strip().lower().startswith("javascript:"):
                yield f"inline script in {name} at <{one.tag}>"


def all_is_ours(page: Element) -> Iterator[str]:
    """Nothing is fetched from elsewhere; links that lead elsewhere are encrypted."""
    for one in page.walk():
        source = one.get(LOADED.get(one.tag, "-")) or ""
        if urlsplit(source).netloc or urlsplit(one.get("action") or "").netloc:
            yield f"from elsewhere: <{one.tag} {source or one.get('action')}>"
        if one.tag == "a" and urlsplit(one.get("href") or "").scheme == "http":
            yield f"a link without encryption: {one.get('href')}"


def forms_say_how(page: Element) -> Iterator[str]:
    """A form says by which way it is sent; errors are told in our words."""
    for one in page.find_all("form"):
        if one.get("method") not in {"get", "post"}:
            yield f"a form without method: {one.get('action')}"


def it_can_be_enlarged(page: Element) -> Iterator[str]:
    """The page takes the width of the screen and lets itself be enlarged."""
    (found,) = page.find_all("meta", name="viewport") or [Element("meta")]
    told = (found.get("content") or "").replace(" ", "")
    if "width=device-width" not in told or "maximum-scale" in told or "user-scalable" in told:
        yield f"viewport: {told!r}"


def no_left_overs(page: Element) -> Iterator[str]:
    """Nothing of the program shows: no names of its codes, no gaps of its sentences, no None."""
    for one in page.walk():
        if any(each.tag in VERBATIM or each.get("translate") == "no" for each in (one, *one.above())):
            continue
        for text in (one.own_text, *(one.get(name) or "" for name in READ_ALOUD if one.tag != "meta")):
            for pattern in (CODE, LEFT_OVER):
                if found := pattern.search(text):
                    yield f"left over in <{one.tag}>: {found[0]}"


def it_says_its_language(page: Element) -> Iterator[str]:
    """The page names its language and has a title."""
    html = page.find_all("html")
    if len(html) != 1 or html[0].get("lang") not in {"ja", "en"}:
        yield "html without lang"
    titles = page.find_all("title")
    if sum(1 for one in titles if one.parent is not None and one.parent.tag == "head") != 1:
        yield "not exactly one title"
    elif not titles[0].own_text.strip():
        yield "an empty title"


def english_is_whole(page: Element) -> Iterator[str]:
    """On an English page nothing is left in Japanese but what is marked as such."""
    html = page.find_all("html")
    if not html or html[0].get("lang") != "en":
        return
    for one in page.walk():
        if next((lang for each in (one, *one.above()) if (lang := each.get("lang"))), "en") == "ja":
            continue
        for text in (one.own_text, *(one.get(name) or "" for name in READ_ALOUD)):
            if JAPANESE.search(text):
                yield f"not translated, in <{one.tag}>: {text.strip()}"


RULES: tuple[Rule, ...] = (
    one_h1,
    fields_have_labels,
    links_and_buttons_have_words,
    pictures_are_told,
    tables_have_captions,
    ids_are_unique,
    nothing_is_inline,
    all_is_ours,
    forms_say_how,
    it_can_be_enlarged,
    no_left_overs,
    it_says_its_language,
    english_is_whole,
)


def faults(html: str) -> list[str]:
    """Everything that is wrong with a page."""
    page, broken = parsed(html)
    if not html.lstrip().lower().startswith("<!doctype html>"):
        broken.append("no doctype")
    return broken + [fault for rule in RULES for fault in rule(page)]


def _name(one: Element, page: Element) -> str:
    """The words by which an element is known: its own, its label's, or those it points to."""
    labels = page.find_all("label", for_=one.attributes["id"]) if one.get("id") else []
    around = [each for each in one.above() if each.tag == "label"]
    pictures = [each.get("alt") or "" for each in one.find_all("img")]
    words = [_told(one, page), *pictures, *(each.text for each in (*labels, *around))]
    if one.tag not in {"input", "select", "textarea"}:
        words.append(one.text)
    return " ".join(words).strip()


def _told(one: Element, page: Element) -> str:
    """The words that are given to an element for reading aloud only, or that it points to."""
    pointed = [page.find_all(id=name) for name in (one.get("aria-labelledby") or "").split()]
    return " ".join(
        [one.get("aria-label") or "", *(each.text for found in pointed for each in found)]
    ).strip()
