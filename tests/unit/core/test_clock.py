from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from crm.core.clock import TOKYO, Clock, FixedClock, SystemClock, tokyo_day

LATE = datetime(2026, 5, 11, 14, 59, 59, tzinfo=UTC)


def test_the_day_turns_at_midnight_in_tokyo() -> None:
    clock = FixedClock(LATE)
    assert clock.today() == date(2026, 5, 11)
    clock.advance(timedelta(seconds=1))
    assert clock.today() == date(2026, 5, 12)


def test_a_fixed_clock_stands_still() -> None:
    clock = FixedClock(LATE)
    assert clock.now() == clock.now() == LATE


@pytest.mark.parametrize("clock", [SystemClock(), FixedClock(LATE.astimezone(TOKYO))])
def test_every_clock_tells_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC
    assert clock.today() == tokyo_day(clock.now())


def test_the_clock_of_the_machine_goes() -> None:
    before = SystemClock().now()
    assert timedelta(0) <= SystemClock().now() - before < timedelta(seconds=5)


def test_today_is_the_day_in_tokyo() -> None:
    assert tokyo_day(SystemClock().now()) <= SystemClock().today() <= tokyo_day(SystemClock().now())


@pytest.mark.parametrize("use", [FixedClock, tokyo_day])
def test_a_moment_without_a_time_zone_is_refused(use: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        use(datetime(2026, 5, 11, 9, 0))
