"""Papers for the tests to write and read back."""

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from crm.paper import Cell, Col, Paper

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
