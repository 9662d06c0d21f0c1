import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import Destination

from crm.core.problems import Problem
from crm.paper import Cell, Col, Paper, Value, look

MADE_AT = datetime(2026, 6, 1, 15, 30, tzinfo=UTC)  # 2 June in Tokyo
SENTENCE = "花泉の12行政区で「役員のなり手がいない」という声を聞きました。"


def paper(**settings: object) -> Paper:
    given: dict[str, object] = {"organisation": "見本市民活動センター", "made_at": MADE_AT} | settings
    return Paper("月次報告書", **given)  # type: ignore[arg-type]


def read(written: Paper) -> Any:
    """The PDF as pypdf reads it."""
    return PdfReader(BytesIO(written.bytes()))


def pages_of(written: Paper) -> list[str]:
    """The text of every page without spaces and line ends, since lines are broken anywhere."""
    return [re.sub(r"\s", "", page.extract_text()) for page in read(written).pages]


def text_of(written: Paper) -> str:
    """The text of the paper without the lines at head and foot of its pages."""
    found = "".join(pages_of(written))
    return re.sub(r"見本市民活動センター|令和8年6月2日00:30作成月次報告書\d+/\d+|\d+/\d+", "", found)


def everything(seed: int = 0) -> Paper:
    written = paper(mark="見本データ")
    written.signature_boxes(["センター長", "担当"])
    written.title("月次報告書", "令和8年5月分")
    written.facts([("対象", "8地域"), ("確定", Cell("令和8年6月2日", "https://example.jp/months/2026-05"))])
    written.heading("活動の量")
    written.text(SENTENCE * 20 + "\n\n・箇条書き")
    written.bars(
        [("いるだけ", 61), ("見るだけ", 48 + seed), ("オンライン", 0)], unit="件", note="重ねて数えます"
    )
    written.space()
    written.table(
        [Col("地域"), Col("延べ", 20, "right", group="5月"), Col("実", 20, "right", group="5月")],
        [[f"第{number}区", number, None] for number in range(60)] + [["合計", 1770, 60]],
        total_row=True,
        note="注",
    )
    return written


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


# --- pages ----------------------------------------------------------------------------------------------


def test_a_heading_never_stands_alone_at_the_foot_of_a_page() -> None:
    moved = 0
    for count in range(20, 45):
        written = paper()
        written.text("\n".join(["行"] * count))
        written.heading("見出し")
        written.subheading("小見出し")
        written.table([Col("表頭")], [[f"第{number}区"] for number in range(40)])
        pages = pages_of(written)
        page = next(page for page in pages if "小見出し" in page)
        assert "表頭第0区第1区" in page
        assert page.index("見出し") < page.index("小見出し")
        moved += page == pages[1]
    assert 0 < moved < 25


def test_no_line_of_a_paragraph_stands_alone() -> None:
    for count in range(30, 45):
        written = paper()
        written.table([Col("表")], [["行"]] * count)
        written.text("\n".join(["い", "ろ", "は", "に", "ほ"]))
        pages = pages_of(written)
        parts = ["".join(re.findall("[いろはにほ]", page)) for page in pages]
        assert [part for part in parts if part] in (["いろはにほ"], ["いろは", "にほ"], ["いろ", "はにほ"])


def test_the_head_of_a_table_comes_again_on_every_page() -> None:
    written = paper()
    written.table(
        [Col("行政区"), Col("延べ", align="right", group="五月分")], [[f"第{n}区", n] for n in range(100)]
    )
    pages = pages_of(written)
    assert len(pages) == 3
    assert all("五月分行政区延べ" in page for page in pages)


def test_a_total_is_never_alone_on_a_page() -> None:
    for count in range(30, 40):
        written = paper()
        rows: list[list[Value]] = [[f"第{number}区", number] for number in range(count)]
        written.table([Col("表"), Col("数")], [*rows, ["合計", 1]], total_row=True, note="注記")
        last = pages_of(written)[-1]
        assert f"第{count - 1}区" in last
        assert "合計" in last
        assert "注記" in last


def test_a_short_table_is_not_torn_apart() -> None:
    for count in range(20, 40):
        written = paper()
        written.text("\n".join(["行"] * count))
        written.table([Col("表")], [[f"第{number}区"] for number in range(8)])
        assert any(all(f"第{number}区" in page for number in range(8)) for page in pages_of(written))


def test_a_long_name_wraps_within_its_column() -> None:
    name = "藤沢町地域づくり協働推進会議黄海支部連絡協議会準備委員会設立発起人会事務局分室一同"
    assert len(name) > 40
    written = paper()
    written.table([Col("団体", 40), Col("数", 20, "right")], [[name, 1]])
    assert name in text_of(written).replace("1", "")
    found = [line for line in read(written).pages[0].extract_text().split("\n") if line in name]
    assert len(found) >= 4


def test_a_row_taller_than_a_page_goes_on_over_pages() -> None:
    written = paper()
    written.table(
        [Col("日", 20), Col("聞いたこと", 60)], [["1日", "前"], ["2日", SENTENCE * 80], ["3日", "後"]]
    )
    assert len(pages_of(written)) > 3
    assert SENTENCE * 80 in re.sub("日聞いたこと", "", text_of(written))


ROWS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 60)), max_size=8)


@settings(deadline=None, max_examples=30)
@given(ROWS, st.booleans(), st.sampled_from([None, "注", "注" * 900]), st.integers(0, 45))
def test_whatever_stands_in_a_table_all_of_it_comes_out(
    rows: list[tuple[int, int]], total: bool, note: str | None, lines_before: int
) -> None:
    written = paper()
    written.text("\n".join(["行"] * lines_before))
    written.heading("題")
    written.table(
        [Col("い", 50), Col("ろ", 20)], [["甲" * a, "乙" * b] for a, b in rows], total_row=total, note=note
    )
    written.facts([("項", "丙" * rows[0][0] if rows else "")])
    found = text_of(written)
    assert found.count("甲") == sum(a for a, _ in rows)
    assert found.count("乙") == sum(b for _, b in rows)
    assert found.count("注") == len(note or "")
    assert found.count("丙") == (rows[0][0] if rows else 0)


def test_a_table_without_rows_shows_what_would_stand_in_it() -> None:
    written = paper()
    written.table([Col("行政区"), Col("延べ")], [])
    written.facts([])
    written.bars([])
    written.text("")
    assert text_of(written) == "行政区延べ"


def test_a_page_break_on_an_empty_page_makes_no_empty_page() -> None:
    written = paper()
    written.page_break()
    written.text("一")
    written.page_break()
    written.page_break()
    written.text("二")
    written.page_break()
    pages = pages_of(written)
    assert ["一" in pages[0], "二" in pages[1], len(pages)] == [True, True, 2]


def test_space_is_left_out_at_the_top_of_a_page() -> None:
    one, other = paper(), paper()
    one.text("一")
    other.space(100)
    other.text("一")
    assert one.bytes() == other.bytes()
    one.text("二")
    other.space(100)
    other.text("二")
    assert one.bytes() != other.bytes()


def test_a_thousand_rows_take_seconds() -> None:
    written = paper(landscape=True)
    began = time.monotonic()
    written.table(
        [
            Col("番号", 18, "right"),
            Col("地域"),
            Col("行政区"),
            Col("区長"),
            Col("世帯", align="right"),
            Col("備考"),
        ],
        [
            [n, "花泉", f"大字涌津第{n % 40}区", "千葉 髙子", n * 7, SENTENCE if n % 5 == 0 else ""]
            for n in range(1000)
        ],
    )
    assert len(read(written).pages) > 40
    assert time.monotonic() - began < 10


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
