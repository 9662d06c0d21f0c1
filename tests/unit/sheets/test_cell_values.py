import pytest

from crm.sheets.cell_values import PLAIN, Format, Shown, Unshowable, format_of, number_text

MOMENT, TIME, ELAPSED = Format(Shown.MOMENT), Format(Shown.TIME), Format(Shown.ELAPSED)


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("General", PLAIN),
        ("G/標準", PLAIN),
        ("0", PLAIN),
        ("#,##0.00;[Red]-#,##0.00", PLAIN),
        ("0.00E+00", PLAIN),
        ('0"日"', PLAIN),
        ('"d"0', PLAIN),
        (r"\d0", PLAIN),
        ("_d0", PLAIN),
        ("[$¥-411]#,##0", PLAIN),
        ("[DBNum1]0", PLAIN),
        ("@", PLAIN),
        ("0000", Format(Shown.ZEROS, 4)),
        ("[<=999]000;[<=9999]000-00;000-0000", Format(Shown.POSTCODE, 7)),
        ("yyyy/m/d", MOMENT),
        ('[$-411]ggge"年"m"月"d"日";@', MOMENT),
        ("ge.m.d", MOMENT),
        ('e"年"', MOMENT),
        ('m"月"', MOMENT),
        ("aaa", MOMENT),
        ("yyyy-mm-dd hh:mm", MOMENT),
        ("h:mm AM/PM", TIME),
        ("mm:ss.0", TIME),
        ("[h]:mm", ELAPSED),
        ("[mm]:ss", ELAPSED),
    ],
)
def test_a_number_format_says_what_a_number_means(code: str, meant: Format) -> None:
    assert format_of(164, {164: code}) == meant


def test_formats_that_every_excel_knows_need_no_code() -> None:
    assert [format_of(number, {}) for number in (0, 4, 14, 20, 22, 32, 46, 49, 57)] == [
        PLAIN, PLAIN, MOMENT, TIME, MOMENT, TIME, ELAPSED, PLAIN, MOMENT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("serial", "day"),
    [("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"), ("46153", "2026-05-11"),
     ("46153.5", "2026-05-11 12:00"), ("2958465.0", "9999-12-31"), ("46152.999999999", "2026-05-11")],
)  # fmt: skip
def test_days_are_counted_as_excel_counts_them(serial: str, day: str) -> None:
    assert number_text(serial, MOMENT, from_1904=False) == day


def test_old_macs_count_from_1904() -> None:
    assert number_text("0", MOMENT, from_1904=True) == "1904-01-01"
    with pytest.raises(Unshowable):
        number_text("2957004", MOMENT, from_1904=True)


@pytest.mark.parametrize("serial", ["-1", "2958466", "2958465.9999999", "inf", "1e300"])
def test_a_day_beyond_the_calendar_cannot_be_shown(serial: str) -> None:
    with pytest.raises(Unshowable):
        number_text(serial, MOMENT, from_1904=False)


@pytest.mark.parametrize("raw", ["nan", "1_x", "abc", "1 2"])
def test_what_is_no_number_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=raw):
        number_text(raw, PLAIN, from_1904=False)


def test_leading_zeros_are_kept_as_shown_only_for_whole_numbers() -> None:
    assert number_text("301", Format(Shown.ZEROS, 4), from_1904=False) == "0301"
    assert number_text("30.5", Format(Shown.ZEROS, 4), from_1904=False) == "30.5"
