import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pypdf.generic import Destination

from crm.core.problems import Problem
from crm.paper import Cell, Col, Paper, look
from tests.papers import MADE_AT, SENTENCE, everything, pages_of, paper, read, text_of

# --- what is read ---------------------------------------------------------------------------------------


def test_the_text_of_the_pdf_is_the_text_that_was_written() -> None:
    written = paper()
    written.title("地域活動訪問支援", "令和8年5月分")
    written.heading("見出し")
    written.subheading("小見出し")
    written.text(SENTENCE * 30)
    written.note("髙橋・﨑山・邉見（①〜③）ＮＰＯ㈱")
    written.facts([("宛先", "一関市 まちづくり推進課 御中")])
    written.table([Col("名前"), Col("数", align="right")], [["藤沢町" * 14, 12345], ["室根", Cell("1,111")]])
    written.bars([("見るだけ", 1048)], unit="件")
    written.signature_boxes(["所長", "担当"])
    expected = (
        "地域活動訪問支援令和8年5月分見出し小見出し"
        + SENTENCE * 30
        + "髙橋・﨑山・邉見（①〜③）ＮＰＯ㈱宛先一関市まちづくり推進課御中名前数"
        + "藤沢町" * 14
        + "12,345室根1,111見るだけ1,048件所長担当"
    )
    assert text_of(written) == expected


def test_figures_spaced_into_columns_are_still_one_number() -> None:
    written = paper()
    written.table([Col("数", align="right")], [[1111111], [2020202]])
    assert "1,111,111" in read(written).pages[0].extract_text()


def test_every_page_has_organisation_mark_date_title_and_number() -> None:
    written = paper(mark="見本データ")
    written.text("長い話。\n" * 100)
    pages = pages_of(written)
    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        assert page.startswith("見本市民活動センター見本データ令和8年6月2日00:30作成月次報告書")
        assert f"{number}/3" in page


def test_a_long_organisation_gives_way_to_the_mark_and_a_long_title_to_the_page_number() -> None:
    written = Paper("長い題名" * 30, organisation="長い名前の団体" * 20, made_at=MADE_AT, mark="見本データ")
    written.text("本文")
    page = pages_of(written)[0]
    assert page.count("…") == 2
    assert "見本データ" in page
    assert "1/1" in page


def test_a_paper_in_english_tells_its_date_without_an_era() -> None:
    written = paper(language="en")
    written.text("Text")
    page = read(written)
    assert "2026-06-02 00:30 JST" in page.pages[0].extract_text()
    assert page.root_object["/Lang"] == "en"


# --- the file -------------------------------------------------------------------------------------------


def test_the_file_says_what_it_is() -> None:
    reader = read(everything())
    assert reader.metadata is not None
    assert reader.metadata.title == "月次報告書"
    assert reader.metadata.author == "見本市民活動センター"
    assert reader.metadata.creation_date == MADE_AT
    assert reader.metadata.modification_date == MADE_AT
    assert reader.root_object["/Lang"] == "ja"
    assert reader.root_object["/ViewerPreferences"]["/DisplayDocTitle"].value is True


def test_headings_stand_in_the_outline_under_their_title() -> None:
    written = paper()
    written.subheading("前書き")
    for part in ("一関", "花泉"):
        written.title(part)
        written.subheading("ひとこと")
        written.heading("訪問")
        written.subheading("内訳")
        written.page_break()
    reader = read(written)
    assert list(_outline(reader, reader.outline)) == [
        (0, "前書き", 0),
        (0, "一関", 0),
        (1, "ひとこと", 0),
        (1, "訪問", 0),
        (2, "内訳", 0),
        (0, "花泉", 1),
        (1, "ひとこと", 1),
        (1, "訪問", 1),
        (2, "内訳", 1),
    ]


def _outline(reader: Any, entries: list[Any], level: int = 0) -> Iterator[tuple[int, str, int]]:
    for entry in entries:
        if isinstance(entry, Destination):
            yield level, str(entry.title), reader.get_destination_page_number(entry)
        elif isinstance(entry, list):
            yield from _outline(reader, entry, level + 1)


def test_both_faces_are_embedded_in_part_and_no_other() -> None:
    reader = read(everything())
    names: set[str] = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            described = font.get_object()
            assert "/FontFile2" in described["/FontDescriptor"]
            names.add(str(described["/BaseFont"]))
    assert {re.sub(r"^/[A-Z]{6}\+", "", name) for name in names} == {
        "BIZUDPGothic-Regular",
        "BIZUDPGothic-Bold",
    }
    assert all("+" in name for name in names)
    assert len(everything().bytes()) < 200_000


def test_the_same_paper_has_the_same_bytes() -> None:
    written = everything()
    assert written.bytes() == written.bytes() == everything().bytes()


def test_another_paper_has_other_bytes_and_another_identifier() -> None:
    one, other = everything(), everything(seed=1)
    assert one.bytes() != other.bytes()
    assert _identifier(one) != _identifier(other)


def _identifier(written: Paper) -> object:
    return read(written).trailer["/ID"]


def test_the_same_moment_told_from_another_time_zone_has_the_same_bytes() -> None:
    there = MADE_AT.astimezone(timezone(timedelta(hours=-5)))
    one, other = paper(), paper(made_at=there)
    for written in (one, other):
        written.text("本文")
    assert one.bytes() == other.bytes()


PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from datetime import UTC, datetime
from crm.paper import Cell, Col, Paper
paper = Paper("報告", organisation="センター", made_at=datetime(2026, 6, 1, 15, 30, tzinfo=UTC), mark="見本")
paper.title("報告", "5月")
paper.table([Col("地域"), Col("数", align="right")], [["一関", Cell(12, "https://example.jp/")]] * 50)
print(hashlib.sha256(paper.bytes()).hexdigest())
"""


def test_two_processes_on_two_days_in_two_places_give_the_same_bytes() -> None:
    root = str(Path(__file__).resolve().parents[3])
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, root],
            env=os.environ | world,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for world in (
            {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1000000000"},
            {"PYTHONHASHSEED": "2", "TZ": "America/New_York"},
        )
    }
    assert len(found) == 1


def test_papers_made_at_the_same_time_in_several_threads_do_not_mix() -> None:
    expected = [everything(seed).bytes() for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda seed: everything(seed).bytes(), range(4))) == expected


def test_landscape_lies() -> None:
    written = paper(landscape=True)
    written.text("横")
    box = read(written).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (842, 595)
    assert written.width_mm == pytest.approx(257)


# --- links, and what is refused -------------------------------------------------------------------------


def test_a_figure_opens_the_address_behind_it_on_every_line_it_takes() -> None:
    written = paper()
    written.table(
        [Col("団体", 30), Col("数", align="right")],
        [[Cell("藤沢町" * 6, "https://example.jp/a?x=1&y=(2)"), Cell(12, "https://例え.jp/訪問")]],
    )
    assert _addresses(written) == [
        "https://example.jp/a?x=1&y=(2)",
        "https://example.jp/a?x=1&y=(2)",
        "https://example.jp/a?x=1&y=(2)",
        "https://%E4%BE%8B%E3%81%88.jp/%E8%A8%AA%E5%95%8F",
    ]


def _addresses(written: Paper) -> list[str]:
    page = read(written).pages[0]
    return [annotation.get_object()["/A"]["/URI"] for annotation in page["/Annots"]]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "/visits/3"])
def test_a_link_that_leads_nowhere_good_is_not_made(address: str) -> None:
    with pytest.raises(ValueError, match="link"):
        paper().table([Col("数")], [[Cell("1", address)]])


def test_a_character_that_the_typeface_lacks_is_refused_rather_than_drawn_as_a_box() -> None:
    for write in (
        lambda p: p.title("𠮷田"),
        lambda p: p.title("題", "𠮷田"),
        lambda p: p.heading("𠮷田"),
        lambda p: p.subheading("𠮷田"),
        lambda p: p.text("𠮷田"),
        lambda p: p.note("𠮷田"),
        lambda p: p.facts([("𠮷田", "")]),
        lambda p: p.facts([("", "𠮷田")]),
        lambda p: p.table([Col("𠮷田")], []),
        lambda p: p.table([Col("", group="𠮷田")], []),
        lambda p: p.table([Col("")], [["𠮷田"]]),
        lambda p: p.table([Col("")], [], note="𠮷田"),
        lambda p: p.bars([("𠮷田", 1)]),
        lambda p: p.bars([("", 1)], unit="𠮷"),
        lambda p: p.signature_boxes(["𠮷田"]),
        lambda _: paper(organisation="𠮷田商店"),
        lambda _: paper(mark="𠮷"),
    ):
        with pytest.raises(Problem) as refused:
            write(paper())
        assert refused.value.code == "glyph_missing"
        assert refused.value.facts == {"character": "𠮷", "codepoint": "U+20BB7"}


def test_rows_have_one_value_a_column() -> None:
    with pytest.raises(ValueError, match="one value a column"):
        paper().table([Col("一"), Col("二")], [["一"]])


@pytest.mark.parametrize("columns", [[Col("一", 171)], [Col("一", 165), Col("二")]])
def test_columns_wider_than_the_page_are_refused(columns: list[Col]) -> None:
    with pytest.raises(ValueError, match="wider than the page"):
        paper().table(columns, [])


def test_a_bar_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        paper().bars([("いるだけ", -1)])


def test_a_paper_needs_content_and_a_moment_with_a_time_zone() -> None:
    with pytest.raises(ValueError, match="nothing was written"):
        paper().bytes()
    with pytest.raises(ValueError, match="time zone"):
        paper(made_at=datetime(2026, 6, 2))


# --- how it looks ---------------------------------------------------------------------------------------


def test_no_text_is_smaller_than_nine_and_a_half_points_and_body_text_is_ten_and_a_half() -> None:
    styles = [value for value in vars(look).values() if isinstance(value, look.Style)]
    assert min(style.size for style in styles) == 9.5
    assert look.BODY.size == 10.5


def test_the_greys_are_those_of_the_design_tokens() -> None:
    tokens = Path(look.__file__).parents[1] / "static" / "vendor" / "design-tokens" / "tokens.css"
    told = dict(re.findall(r"--color-neutral-solid-gray-(\d+): (#\w+);", tokens.read_text(encoding="utf-8")))
    used = {
        name.removeprefix("GREY_"): value for name, value in vars(look).items() if name.startswith("GREY_")
    }
    assert used
    assert used.items() <= told.items()
