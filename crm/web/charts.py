"""Charts as SVG drawn by the server: no script, no inline style, so they live under the strictest policy.

Widths are percent of the drawing and heights are em of its text, so a chart fills whatever room it has while
its text stays as large as the text of the page (a viewBox would shrink it to 7 px on a phone). Colours come
from classes (charts.css) and so follow light, dark and print. A chart never stands alone: the macro `figure`
puts its table, made of the same rows, beside it.
"""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from crm.core.months import Month

LABEL_EMS = 12.0  # what a label may take of a line, so that the number at its end has room on a phone
LABEL_LINES = 2
LINE = 1.5  # em from one line of text to the next
BAR = 0.9  # em
ROW_GAP = 0.8  # em
PLOT = 11.0  # em, height of the columns
GRID_STEPS = 4
NARROW_TEXT = 0.6  # em, a generous mean width of letters and digits; kana and kanji count 1


def bar_chart(title: str, rows: Sequence[tuple[str, float]], unit: str = "") -> Markup:
    """Horizontal bars, one for each (label, number): all in one colour, in the order given.

    Numbers are in `unit`, which is printed behind them. Raises ValueError for a number that is negative or
    not finite: counts have none.
    """
    top = max(_checked(value for _, value in rows), default=0.0) or 1.0
    parts: list[Markup] = []
    y = 0.0
    for label, value in rows:
        lines = _wrapped(label)
        for text in lines:
            y += LINE
            parts.append(_text(text, x="0", y=_em(y - 0.4)))
        parts.append(_text(said(value, unit), x="100%", y=_em(y - 0.4), anchor="end", kind="strong"))
        parts.append(_rect("track", x=0, y=_em(y), width=100, height=_em(BAR)))
        parts.append(_rect("bar", x=0, y=_em(y), width=100 * value / top, height=_em(BAR)))
        y += BAR + ROW_GAP
    described = "、".join(f"{label} {said(value, unit)}" for label, value in rows)
    return _svg(title, described, height=max(y - ROW_GAP, LINE), body=Markup("").join(parts))


def month_columns(
    title: str,
    months: Sequence[tuple[Month, float | None]],
    unit: str = "",
    *,
    name: str = "",
    previous: Sequence[float | None] = (),
    previous_name: str = "",
) -> Markup:
    """One column for each month and, where given, a line through the same months of the year before.

    None means that there is no figure (a month that is still open), which is not the same as zero. `name` and
    `previous_name` are the words of the legend. Raises ValueError for a number that is negative or not
    finite, or where `previous` is not as long as `months`.
    """
    if previous and len(previous) != len(months):
        raise ValueError("the year before must have a figure, or None, for every month")
    figures = [value for _, value in months]
    known = [value for value in (*figures, *previous) if value is not None]
    scale = Scale.up_to(max(_checked(iter(known)), default=0.0))
    legend = _legend(name, previous_name if previous else "")
    plot_top = (LINE + 0.6 if legend else 0.0) + LINE
    upper = _year_before(previous, scale) if previous else _numbers(figures, scale)
    plot = _grid(scale) + _columns(figures, scale) + upper
    body = Markup('{}{}<svg x="0" y="{}" width="100%" height="{}" overflow="visible">{}</svg>{}').format(
        legend,
        _text(unit, x="-0.5em", y=_em(plot_top - 0.9), anchor="end", kind="quiet") if unit else "",
        _em(plot_top),
        _em(PLOT),
        plot,
        _month_names([month for month, _ in months], plot_top + PLOT),
    )
    described = "、".join(
        f"{month.wareki()} {said(value, unit)}" for month, value in months if value is not None
    )
    kind = "chart--axis-wide" if scale.top >= 10_000 else "chart--axis"
    return _svg(title, described, height=plot_top + PLOT + 2 * LINE + 0.4, body=body, kind=kind)


def said(value: float, unit: str = "") -> str:
    """A number as people read it: 1,234件; a part of one to one digit."""
    return f"{value:,.0f}{unit}" if float(value).is_integer() else f"{value:,.1f}{unit}"


@dataclass(frozen=True)
class Scale:
    """The lines behind the columns: from zero to `top` in steps of 1, 2 or 5 times a power of ten."""

    top: float
    step: float

    @classmethod
    def up_to(cls, largest: float) -> "Scale":
        """The scale whose last line is at or above `largest`; counts are whole, so no step is below 1."""
        raw = max(largest / GRID_STEPS, 1.0)
        power: float = 10 ** math.floor(math.log10(raw))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw - 1e-9)
        return cls(top=step * max(math.ceil(largest / step - 1e-9), 1), step=step)

    def lines(self) -> Iterator[float]:
        """Every line from zero upwards."""
        return (self.step * n for n in range(round(self.top / self.step) + 1))

    def depth(self, value: float) -> float:
        """How far below the top line `value` lies, in percent of the plot's height."""
        return 100 * (1 - value / self.top)


def _checked(values: Iterator[float]) -> Iterator[float]:
    for value in values:
        if value < 0 or not math.isfinite(value):
            raise ValueError(f"a chart of counts cannot show {value}")
        yield value


def _grid(scale: Scale) -> Markup:
    return Markup("").join(
        Markup('<line class="chart__{}" x1="0" x2="100%" y1="{}" y2="{}"/>{}').format(
            "base" if value == 0 else "grid",
            _percent(scale.depth(value)),
            _percent(scale.depth(value)),
            _text(
                said(value),
                x="-0.5em",
                y=_percent(scale.depth(value)),
                dy="0.35em",
                anchor="end",
                kind="quiet",
            ),
        )
        for value in scale.lines()
    )


def _columns(figures: Sequence[float | None], scale: Scale) -> Markup:
    wide = 100 / max(len(figures), 1)
    return Markup("").join(
        _rect(
            "bar",
            x=wide * (n + 0.2),
            y=_percent(scale.depth(value)),
            width=wide * 0.6,
            height=_percent(100 * value / scale.top),
        )
        for n, value in enumerate(figures)
        if value is not None
    )


def _numbers(figures: Sequence[float | None], scale: Scale) -> Markup:
    """The figure above each column; charts.css shows them only where the drawing is wide enough."""
    wide = 100 / max(len(figures), 1)
    texts = Markup("").join(
        _text(
            said(value),
            x=_percent(wide * (n + 0.5)),
            y=_percent(scale.depth(value)),
            dy="-0.4em",
            anchor="middle",
            kind="strong",
        )
        for n, value in enumerate(figures)
        if value is not None
    )
    room = "chart__values chart__values--long" if scale.top >= 1000 else "chart__values"
    return Markup('<g class="{}">{}</g>').format(room, texts)


def _year_before(previous: Sequence[float | None], scale: Scale) -> Markup:
    """A line over the months that have a figure, broken where one has none, and a dot for each."""
    wide = 100 / max(len(previous), 1)
    points = [
        None if value is None else (wide * (n + 0.5), scale.depth(value)) for n, value in enumerate(previous)
    ]
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    lines = Markup("").join(
        Markup('<polyline class="chart__line" vector-effect="non-scaling-stroke" points="{}"/>').format(
            " ".join(f"{x:.2f},{y:.2f}" for x, y in run)
        )
        for run in runs
        if len(run) > 1
    )
    dots = Markup("").join(_dot(_percent(x), _percent(y)) for x, y in (point for point in points if point))
    if not dots:
        return Markup("")
    stretched = Markup(
        '<svg width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none" '
        'overflow="visible">{}</svg>'
    ).format(lines)
    return stretched + dots


def _month_names(months: Sequence[Month], y: float) -> Markup:
    """The number of each month, the first with 月; the year below the first month and below January."""
    wide = 100 / max(len(months), 1)
    parts: list[Markup] = []
    year_starts = _year_starts(months)
    for n, month in enumerate(months):
        middle = _percent(wide * (n + 0.5))
        name = f"{month.month}月" if n == 0 else f"{month.month}"
        group = "chart__month--between" if n % 2 else "chart__month"
        parts.append(
            Markup('<g class="{}">{}</g>').format(
                group, _text(name, x=middle, y=_em(y + LINE - 0.2), anchor="middle")
            )
        )
        if n in year_starts:
            year = month.wareki().partition("年")[0] + "年"
            parts.append(_text(year, x=_percent(wide * (n + 0.2)), y=_em(y + 2 * LINE), kind="quiet"))
    return Markup("").join(parts)


def _year_starts(months: Sequence[Month]) -> set[int]:
    """Where a year is written: at the first month and at each January, where there is room to the right."""
    starts = [n for n, month in enumerate(months) if n == 0 or month.month == 1]
    ends = [*starts[1:], len(months)]
    # On a phone a row of twelve leaves a year the room of three months.
    return {start for start, end in zip(starts, ends, strict=True) if (end - start) * 12 >= 3 * len(months)}


def _legend(name: str, previous_name: str) -> Markup:
    """What the column and the line stand for. Words go from left to right at their own width."""
    if not name and not previous_name:
        return Markup("")
    parts = (
        [_rect("bar", x=0, y="0.3em", width="0.9em", height="0.9em"), _text(name, x="1.3em", y="1.15em")]
        if name
        else []
    )
    if previous_name:
        x = 1.3 + _ems(name) + 1.5 if name else 0.0
        parts.append(
            Markup('<line class="chart__line" x1="{}" x2="{}" y1="0.75em" y2="0.75em"/>').format(
                _em(x), _em(x + 1.8)
            )
        )
        parts.append(_dot(_em(x + 0.9), "0.75em"))
        parts.append(_text(previous_name, x=_em(x + 2.2), y="1.15em"))
    return Markup("").join(parts)


def _wrapped(label: str) -> list[str]:
    """A label over at most two lines; what is too long even for these ends in …"""
    lines = [""]
    for n, letter in enumerate(label):
        if _ems(lines[-1] + letter) > LABEL_EMS:
            if len(lines) == LABEL_LINES:
                kept = lines[-1] if _ems(lines[-1]) + 1 <= LABEL_EMS else lines[-1][:-1]
                lines[-1] = f"{kept}…" if label[n:].strip() else lines[-1]
                break
            lines.append("")
        lines[-1] += letter
    return [line.strip() for line in lines]


def _ems(text: str) -> float:
    """The room a text takes, in em, rather too much than too little."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WFA" else NARROW_TEXT for letter in text)


def _svg(title: str, described: str, *, height: float, body: Markup, kind: str = "") -> Markup:
    return Markup(
        '<svg class="chart{}" role="img" width="100%" height="{}" overflow="visible" fill="currentColor">'
        "<title>{}</title><desc>{}</desc>{}</svg>"
    ).format(f" {kind}" if kind else "", _em(height), title, described, body)


def _text(words: str, *, x: str, y: str, dy: str = "", anchor: str = "", kind: str = "") -> Markup:
    name = "chart__text" + (f" chart__text--{kind}" if kind else "")
    more = Markup("").join(
        Markup(' %s="%s"') % (key, value) for key, value in (("dy", dy), ("text-anchor", anchor)) if value
    )
    return Markup('<text class="%s" x="%s" y="%s"%s>%s</text>') % (name, x, y, more, words)


def _rect(kind: str, *, x: float, y: str, width: float | str, height: str) -> Markup:
    shown = width if isinstance(width, str) else _percent(width)
    return Markup('<rect class="chart__%s" x="%s" y="%s" width="%s" height="%s"/>') % (
        kind,
        _percent(x),
        y,
        shown,
        height,
    )


def _dot(x: str, y: str) -> Markup:
    return Markup('<circle class="chart__dot" cx="{}" cy="{}" r="0.3em"/>').format(x, y)


def _percent(value: float) -> str:
    return f"{value:.4g}%" if value else "0"


def _em(value: float) -> str:
    return f"{value:.4g}em" if value else "0"
