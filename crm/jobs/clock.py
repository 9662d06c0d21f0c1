"""The clock of an installation: it wakes the hands that run jobs and send mail, and knows when night is.

APScheduler is used as a clock only. What is to be done stands in the database, where any number of processes
claim it; a tick that comes twice, late or never changes nothing of that.
"""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from crm.jobs import outbox, rules, service
from crm.jobs.claims import CLOCKWORK
from crm.jobs.housekeeping import HOUSEKEEPING
from crm.jobs.rules import BACKUP
from crm.jobs.running import Kinds, Premises, run_next

log = logging.getLogger("crm.jobs")


@dataclass(frozen=True)
class Ticks:
    """Seconds between two looks: for jobs that wait, for mail that is due, for the work of the night."""

    jobs: float = 2
    mail: float = 10
    night: float = 30


def start_background(premises: Premises, kinds: Kinds, ticks: Ticks | None = None) -> "Background":
    """Begin to run jobs, send mail and ask for the work of the night in threads of this process.

    Raises Problem "time_unreadable" where the time of the backup in the settings is none.
    """
    if premises.settings.backup_at:
        rules.read_time(premises.settings.backup_at)
    background = Background(premises, kinds, ticks or Ticks())
    background.start()
    return background


def work_until_told(premises: Premises, kinds: Kinds, ticks: Ticks | None = None) -> None:
    """Do the same in the foreground (`crm work`) until SIGTERM or SIGINT. For the main thread only."""
    told = threading.Event()
    for signals in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signals, lambda _number, _frame: told.set())
    background = start_background(premises, kinds, ticks)
    try:
        told.wait()
    finally:
        background.stop()


class Background:
    """The clock and the two hands it wakes: one runs jobs one after another, one sends mail."""

    def __init__(self, premises: Premises, kinds: Kinds, ticks: Ticks) -> None:
        self._premises, self._kinds = premises, kinds
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every tick otherwise
        self._ending = threading.Event()
        self._asked_for: frozenset[tuple[str, str]] = frozenset()
        self._hands = (_Hand("jobs", self._run_jobs), _Hand("mail", self._send_mail))
        # A tick that was missed (a laptop that slept) is made up for once, however late.
        self._clock = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        jobs, mail = self._hands
        self._clock.add_job(jobs.wake, "interval", seconds=ticks.jobs)
        self._clock.add_job(mail.wake, "interval", seconds=ticks.mail)
        self._clock.add_job(self._at_night, "interval", seconds=ticks.night)

    def start(self) -> None:
        """Start, with a look at everything at once."""
        self._at_night()
        for hand in self._hands:
            hand.start()
            hand.wake()
        self._clock.start()

    def stop(self, seconds: float = 20) -> bool:
        """End cleanly: a job that runs is put down at its next look, and goes on elsewhere or after a start.

        Returns whether the hands came to rest within so many seconds. A job that did not look up in time is
        taken up again a minute after this process has ended.
        """
        self._ending.set()
        self._clock.shutdown()
        for hand in self._hands:
            hand.rest()
        for hand in self._hands:
            hand.join(seconds)
        return not any(hand.is_alive() for hand in self._hands)

    def _run_jobs(self) -> None:
        while not self._ending.is_set() and run_next(self._premises, self._kinds, ending=self._ending):
            pass

    def _send_mail(self) -> None:
        outbox.send_due(self._premises.store, self._premises.settings, self._premises.clock, self._ending)

    def _at_night(self) -> None:
        try:
            self._asked_for = ask_for_nightly_work(self._premises, self._kinds, self._asked_for)
        except SQLAlchemyError as why:
            log.warning("the work of the night could not be asked for: %s", type(why).__name__)


def ask_for_nightly_work(
    premises: Premises, kinds: Kinds, asked_for: frozenset[tuple[str, str]] = frozenset()
) -> frozenset[tuple[str, str]]:
    """Ask for the backup and the housekeeping of this night where they are due and were not asked for.

    Returns the pairs of kind and slot that are due and known now.
    """
    now = premises.clock.now()
    times = {BACKUP: premises.settings.backup_at, HOUSEKEEPING: rules.TIDY_AT}
    slots = {kind: rules.nightly_slot(now, at) for kind, at in times.items() if kind in kinds}
    due = frozenset((kind, slot) for kind, slot in slots.items() if slot is not None)
    for kind, slot in sorted(due - asked_for):
        with premises.store.writing(CLOCKWORK) as session:
            service.ask(session, kind, slot=slot, title="", arguments={}, asked_by=None, now=now)
    return due


class _Hand(threading.Thread):
    """A thread that does one thing when it is woken; being woken while it works lets it look once more."""

    def __init__(self, name: str, task: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._task = task
        self._woken, self._over = threading.Event(), threading.Event()
        self._fails = False

    def wake(self) -> None:
        self._woken.set()

    def rest(self) -> None:
        self._over.set()
        self._woken.set()

    def run(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            if self._over.is_set():
                return
            self._try()

    def _try(self) -> None:
        try:
            self._task()
        except Exception:
            # Said once, not every two seconds, for as long as the database is away.
            if not self._fails:
                log.exception("%s could not be looked after; trying again at every tick", self.name)
            self._fails = True
        else:
            self._fails = False
