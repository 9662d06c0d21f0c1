"""A page as a test reads it: its elements, their attributes, the text that a person sees."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
UNSEEN = frozenset(("script", "style", "template", "head"))


@dataclass(eq=False)
class Element:
    """One element; `children` holds elements and pieces of text in their order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Element | str]" = field(default_factory=list)
    parent: "Element | None" = None

    def get(self, name: str) -> str | None:
        """The value of an attribute; "" where it has none; None where it is not there."""
        return self.attributes.get(name)

    def walk(self) -> "Iterator[Element]":
        """Every element below, in the order of the page."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def find_all(self, *tags: str, **attributes: str) -> "list[Element]":
        """Every element below of one of these tags (of any: none given) with these attributes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            one
            for one in self.walk()
            if (not tags or one.tag in tags)
            and all(one.attributes.get(name) == value for name, value in wanted.items())
        ]

    def find(self, *tags: str, **attributes: str) -> "Element":
        """The only element below that fits; fails the test where there is none, or more than one."""
        found = self.find_all(*tags, **attributes)
        assert len(found) == 1, f"{len(found)} × {tags} {attributes}"
        return found[0]

    def above(self) -> "Iterator[Element]":
        """The elements that this one stands in, the nearest first."""
        here = self.parent
        while here is not None:
            yield here
            here = here.parent

    @property
    def own_text(self) -> str:
        """The pieces of text that stand directly in this element."""
        return "".join(child for child in self.children if isinstance(child, str))

    @property
    def text(self) -> str:
        """What a person reads in it, blanks joined."""
        pieces = [
            child if isinstance(child, str) else child.text
            for child in self.children
            if isinstance(child, str) or child.tag not in UNSEEN
        ]
        return " ".join("".join(pieces).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.here = self.root
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        self.faults += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        one = Element(tag, {name: value or "" for name, value in attrs}, parent=self.here)
        self.here.children.append(one)
        if tag not in VOID:
            self.here = one

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.here.tag != tag:
            self.faults.append(f"</{tag}> closes <{self.here.tag}> (line {self.getpos()[0]})")
        opened = next((one for one in (self.here, *self.here.above()) if one.tag == tag), None)
        if opened is not None and opened.parent is not None:
            self.here = opened.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parsed(html: str) -> tuple[Element, list[str]]:
    """A page, and what is wrong with its tags: every one is written out and closed in its order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    left = [f"<{one.tag}> is never closed" for one in (reader.here, *reader.here.above()) if one.tag]
    return reader.root, reader.faults + left


def page_of(html: str) -> Element:
    """A page, as it was meant."""
    return parsed(html)[0]
