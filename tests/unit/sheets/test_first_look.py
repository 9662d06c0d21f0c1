from io import BytesIO

from crm.sheets.first_look import MOST_ROWS, FirstLook
from crm.sheets.limits import MIB


def cell(place: str, inside: str, more: str = "") -> str:
    return f'<c r="{place}" s="1"{more}>{inside}</c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}" spans="1:3">{"".join(cells)}</row>'


def picked(*rows: str, odd_texts: tuple[int, ...] = ()) -> list[str]:
    """The rows that a look at columns A and C of a sheet four columns wide picks."""
    xml = f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>"
    look = FirstLook([0, 2], range(4, 60), odd_texts)
    return [found.decode() for found in look.rows(BytesIO(xml.encode()))]


def test_formulas_in_the_columns_that_are_read_are_picked() -> None:
    wanted = [
        row(3, cell("A3", "<v>1</v>"), cell("C3", "<f>A3</f><v>1</v>")),
        row(5, cell("A5", '<f t="shared" si="0"/><v>1</v>')),
    ]
    others = row(4, cell("B4", "<f>A3</f><v>1</v>"), cell("CA4", "<v/>"))
    assert picked(wanted[0], others, wanted[1]) == wanted


def test_texts_that_hold_gaiji_are_picked_by_their_number() -> None:
    rows = [row(number, cell(f"A{number}", f"<v>{number}</v>", ' t="s"')) for number in (2, 7, 77)]
    figure = row(78, cell("A78", "<v>7</v>"))
    assert picked(*rows, figure, odd_texts=(7,)) == [rows[1]]


def test_gaiji_written_into_the_cells_are_picked_and_rare_kanji_are_not() -> None:
    odd = [
        row(2, cell("A2", "<is><t>\ue000</t></is>")),
        row(3, cell("A3", "<is><t>\U000f0000\ufffd</t></is>")),
    ]
    plain = row(4, cell("A4", "<is><t>𠮷葛\U000e0100ｱ～髙﨑</t></is>"))
    assert picked(*odd, plain) == odd


def test_cells_beyond_the_header_are_picked_when_they_hold_anything() -> None:
    filled = row(2, cell("E2", "<v>1</v>"))
    assert picked(filled, row(3, '<c r="E3" s="1"/>', cell("D3", "<v>1</v>"))) == [filled]


def test_rows_are_found_across_the_pieces_in_which_a_sheet_is_read() -> None:
    plain = row(2, cell("A2", f"<is><t>{'x' * (MIB - 200)}</t></is>"))
    odd = row(3, cell("A3", f"<is><t>{'y' * 300}</t></is>"), cell("C3", "<f>1</f>"))
    assert picked(plain, odd, plain) == [odd]


def test_no_more_rows_are_picked_than_are_told() -> None:
    assert (
        len(picked(*[row(number, cell(f"A{number}", "<f>1</f>")) for number in range(1, 999)])) == MOST_ROWS
    )
