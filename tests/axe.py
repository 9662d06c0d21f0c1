"""What a real browser finds on a page: axe's rules, small targets and text, and what scrolls sideways."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"

RUN = """async ({ only }) => {
    const rules = { "target-size": { enabled: true } };
    const found = await axe.run(document, {
        resultTypes: ["violations"],
        ...(only ? { runOnly: only } : { rules }),
    });
    return found.violations.map((one) => ({
        rule: one.id, help: one.help, nodes: one.nodes.map((node) => node.target.join(" ")),
    }));
}"""

TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (one) => {
        for (let above = one.parentElement; above && above !== document.body; above = above.parentElement) {
            if (getComputedStyle(above).overflowX !== "visible") return true;
        }
        return false;
    };
    const found = [document.documentElement, document.body]
        .filter((one) => ["hidden", "clip"].includes(getComputedStyle(one).overflowX))
        .map((one) => one.tagName + " hides what is too wide");
    if (document.scrollingElement.scrollWidth > width) {
        found.push(`${document.scrollingElement.scrollWidth} px on ${width} px`);
        for (const one of document.body.querySelectorAll("*")) {
            if (one.getBoundingClientRect().right > width + 1 && !scrolls(one)) {
                found.push(`<${one.tagName.toLowerCase()} class="${one.className}"> ${one.textContent.trim().slice(0, 30)}`);
            }
        }
    }
    return found.slice(0, 8);
}"""

TOO_SMALL = """({ text, target }) => {
    const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        && !one.closest(".visually-hidden, .skip-link");
    const name = (one) => `<${one.tagName.toLowerCase()} class="${one.className}"> `
        + (one.textContent || one.getAttribute("name") || "").trim().slice(0, 30);
    const found = new Set();
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = words.nextNode(); node; node = words.nextNode()) {
        const one = node.parentElement;
        if (!node.data.trim() || !seen(one) || one.closest("svg, script")) continue;
        const size = parseFloat(getComputedStyle(one).fontSize);
        if (size < text) found.add(`text of ${size} px in ${name(one)}`);
    }
    // What a press there would reach: a label may spread the target of its field, by ::after too.
    const reached = (one, x, y) => {
        const there = document.elementFromPoint(x, y);
        const label = there && there.closest("label");
        return there && (one.contains(there) || (label && label.control === one));
    };
    for (const one of document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")) {
        if (!seen(one) || getComputedStyle(one).display === "inline") continue;
        const high = (each) => each.getBoundingClientRect().height >= target - 0.5;
        if (high(one) || [...(one.labels || [])].some(high)) continue;
        one.scrollIntoView({ block: "center", behavior: "instant" });
        const box = one.getBoundingClientRect(), height = box.height;
        const x = box.left + box.width / 2, y = box.top + box.height / 2, half = target / 2 - 1;
        if (!reached(one, x, y - half) || !reached(one, x, y + half)) {
            found.add(`target of ${Math.round(height)} px: ${name(one)}`);
        }
    }
    return [...found].slice(0, 12);
}"""

TEXT_PX = 16
TARGET_PX = 44


def script() -> str:
    """The text of axe; fails the test with the way out where the set-up has not fetched it."""
    if not SCRIPT.exists():
        pytest.fail("axe-core was not fetched: run `make set-up` (it lays node_modules)", pytrace=False)
    return SCRIPT.read_text(encoding="utf-8")


def violations(page: Page, *, only: str | None = None) -> list[str]:
    """What axe finds on the page that is open; only one rule of it where one is named."""
    page.evaluate(script())
    found: list[dict[str, Any]] = page.evaluate(RUN, {"only": only})
    return [f"{one['rule']}: {one['help']} at {', '.join(one['nodes'][:4])}" for one in found]


def too_wide(page: Page, *, width: int, text: int = 100) -> list[str]:
    """What makes the page scroll sideways at a width in px and a size of text in per cent."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("(size) => { document.documentElement.style.fontSize = size }", f"{text}%")
    found: list[str] = page.evaluate(TOO_WIDE)
    page.evaluate("() => { document.documentElement.style.fontSize = '' }")
    return [f"at {width} px and {text} %: {one}" for one in found]


def too_small(page: Page) -> list[str]:
    """Text below 16 px, and things to press that are lower than 44 px (links within a text may be)."""
    found: list[str] = page.evaluate(TOO_SMALL, {"text": TEXT_PX, "target": TARGET_PX})
    return found
