from datetime import UTC, datetime, timedelta

import pytest

from crm.core.clock import TOKYO
from crm.core.problems import Problem
from crm.jobs import rules

NOW = datetime(2026, 5, 11, 3, 0, tzinfo=UTC)


def test_a_mail_that_fails_is_tried_again_after_longer_and_longer_waits() -> None:
    waits = [rules.next_try(tries, NOW) - NOW for tries in range(1, 9)]
    assert waits[:4] == [timedelta(minutes=m) for m in (1, 5, 15, 60)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=24)


def test_a_mail_is_given_up_after_the_last_wait() -> None:
    assert rules.next_try(9, NOW) == rules.NEVER


def test_a_beat_is_stale_after_a_minute_and_several_missed_beats() -> None:
    assert rules.stale_before(NOW) == NOW - timedelta(seconds=60)
    assert rules.STALE_AFTER >= 3 * rules.BEAT_EVERY


@pytest.mark.parametrize(
    ("here", "slot"),
    [
        (datetime(2026, 5, 11, 2, 29, tzinfo=TOKYO), None),
        (datetime(2026, 5, 11, 2, 30, tzinfo=TOKYO), "2026-05-11"),
        (datetime(2026, 5, 11, 9, 0, tzinfo=TOKYO), "2026-05-11"),
        (datetime(2026, 5, 12, 0, 0, tzinfo=TOKYO), None),
    ],
)
def test_the_nightly_backup_is_due_from_its_time_on_until_midnight_in_japan(
    here: datetime, slot: str | None
) -> None:
    assert rules.nightly_slot(here.astimezone(UTC), "02:30") == slot


def test_no_backup_is_due_where_none_is_wanted() -> None:
    assert rules.nightly_slot(NOW, "") is None


@pytest.mark.parametrize("text", ["24:00", "2:60", "half past two", "02:30:00", "", "٠٢:30"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        rules.read_time(text)
    assert refused.value.code == "time_unreadable"
    assert refused.value.facts == {"text": text}
