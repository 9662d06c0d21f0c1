"""How paper looks: sizes, colours and styles of text. Lengths in points (1/72 inch), as in ReportLab.

Body text 10.5 pt, the habit of Japanese offices; nothing below 9.5 pt. Colours are greys alone, so that a
copy or a FAX says the same as the original.
"""

from dataclasses import dataclass

from crm.paper import fonts

MM = 72 / 25.4

A4 = (210 * MM, 297 * MM)
MARGIN_SIDE = 20 * MM
MARGIN_TOP = 26 * MM
MARGIN_BOTTOM = 22 * MM

# The names and values of the neutral greys in the design tokens that the pages use too; a test compares them.
GREY_50 = "#f2f2f2"
GREY_300 = "#b3b3b3"
GREY_536 = "#767676"
GREY_700 = "#4d4d4d"
GREY_900 = "#1a1a1a"

HAIRLINE = 0.4
LINE = 0.9


@dataclass(frozen=True, slots=True)
class Style:
    """A style of text; `leading` is the distance between two baselines."""

    face: str
    size: float
    leading: float
    colour: str = GREY_900

    def width_of(self, text: str) -> float:
        """Give the width of a text on one line."""
        return fonts.width_of(text, self.face, self.size)

    def baseline(self) -> float:
        """Give how far below the top of a line its baseline lies; the em box stands in the middle."""
        return (self.leading - self.size) / 2 + fonts.ASCENT * self.size


TITLE = Style(fonts.BOLD, 20, 28)
SUBTITLE = Style(fonts.REGULAR, 12, 19, GREY_700)
HEADING = Style(fonts.BOLD, 13.5, 20)
SUBHEADING = Style(fonts.BOLD, 11.5, 18)
BODY = Style(fonts.REGULAR, 10.5, 18)
BODY_STRONG = Style(fonts.BOLD, 10.5, 18)
LABEL = Style(fonts.REGULAR, 10.5, 18, GREY_700)
CELL = Style(fonts.REGULAR, 9.5, 14)
CELL_STRONG = Style(fonts.BOLD, 9.5, 14)
SMALL = Style(fonts.REGULAR, 9.5, 15, GREY_700)
MARK = Style(fonts.BOLD, 10.5, 15)
