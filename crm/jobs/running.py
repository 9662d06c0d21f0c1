"""Running jobs: what a handler gets, and what happens around it.

A handler is a function `(work: Work) -> result or None`, registered under its kind. It runs in no transaction
and opens its own, short ones, one per item of its work. It must be able to run again from its start: its
process may die at any line, and then another one runs it anew. What it did before must not be done twice,
which unique keys and slots see to.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from crm.config import Settings
from crm.core.canonical import canonical_json
from crm.core.clock import Clock
from crm.core.problems import Problem
from crm.db.store import Store
from crm.db.tracked import Author, Via
from crm.files import Files
from crm.jobs import claims, rules
from crm.jobs.claims import Claim, Progress
from crm.jobs.models import State

log = logging.getLogger("crm.jobs")

LOOK_SECONDS = 0.5
"""How often a running job's progress is written down, and how soon it hears that it shall stop."""


class Stopped(Exception):
    """The work is to end here: somebody asked it to stop. Raised by Work.check(); handlers let it pass."""


class PutDown(Stopped):
    """The work is to end here because this process ends; another takes it up again."""


class TakenOver(Stopped):
    """The work is to end here because another process has taken it over: this one slept too long."""


@dataclass(frozen=True)
class Premises:
    """What an installation has, and every job works with."""

    settings: Settings
    store: Store
    clock: Clock

    @property
    def files(self) -> Files:
        return Files(self.settings.files)


class Work:
    """One piece of work in the hands of its handler."""

    def __init__(self, claim: Claim, premises: Premises, ending: threading.Event) -> None:
        self.job_id: UUID = claim.job_id
        self.slot: str = claim.slot
        self.arguments: Mapping[str, Any] = claim.arguments
        self.asked_by: UUID | None = claim.asked_by
        self.premises = premises
        self._ending = ending
        self._halt: type[Stopped] | None = None
        self._progress = Progress()

    @property
    def store(self) -> Store:
        return self.premises.store

    @property
    def settings(self) -> Settings:
        return self.premises.settings

    @property
    def files(self) -> Files:
        return self.premises.files

    @property
    def clock(self) -> Clock:
        return self.premises.clock

    @property
    def author(self) -> Author:
        """Who answers for what this job changes: whoever asked for it."""
        return Author(self.asked_by, Via.JOB, self.job_id)

    def progress(self, done: int, total: int, step: str = "") -> None:
        """Say how far the work is: `done` of `total` (0: not known), and what it is at, in Japanese.

        Costs nothing and may be called at every item, also inside a transaction: it is written down by
        another thread, at most twice a second. Raises Stopped as check() does.
        """
        self._progress = Progress(done, total, step or self._progress.step)
        self.check()

    def check(self) -> None:
        """Raise Stopped where the work is to end here. To be called at least every second or so."""
        if self._halt is not None:
            raise self._halt
        if self._ending.is_set():
            raise PutDown

    @property
    def so_far(self) -> Progress:
        return self._progress

    def halt(self, why: type[Stopped]) -> None:
        """Let the next check() raise this."""
        self._halt = why


Handler: TypeAlias = Callable[[Work], Mapping[str, Any] | None]
Kinds: TypeAlias = Mapping[str, Handler]


def run_next(premises: Premises, kinds: Kinds, *, ending: threading.Event | None = None) -> bool:
    """Run the job that has waited longest; False where none waits that this process can run.

    `ending` is set when this process is about to end: the job then goes back among those that wait.
    """
    claim = claims.claim_next(premises.store, kinds.keys(), premises.clock.now())
    if claim is None:
        return False
    work = Work(claim, premises, ending or threading.Event())
    pulse = _Pulse(premises, claim, work)
    pulse.start()
    try:
        _run(kinds[claim.kind], claim, work, pulse)
    finally:
        pulse.end()
    return True


def _run(handler: Handler, claim: Claim, work: Work, pulse: "_Pulse") -> None:
    problem: Problem | None = None
    result: Mapping[str, Any] | None = None
    state = State.DONE
    try:
        given = handler(work)
        result = None if given is None else json.loads(canonical_json(given))
    except PutDown:
        pulse.end()
        claims.put_down(work.store, claim)
        return
    except TakenOver:
        log.warning("job %s (%s) was taken over by another process", claim.job_id, claim.kind)
        return
    except Stopped:
        state = State.STOPPED
    except Problem as why:
        state, problem = State.FAILED, why
    except Exception:
        state, problem = State.FAILED, Problem("job_crashed", reference=secrets.token_hex(4))
        log.exception("job %s (%s) crashed: %s", claim.job_id, claim.kind, problem.facts["reference"])
    pulse.end()
    now = work.clock.now()
    if not claims.end(work.store, claim, state, work.so_far, now, problem=problem, result=result):
        log.warning("job %s (%s) ended after another process had taken it over", claim.job_id, claim.kind)


class _Pulse(threading.Thread):
    """Beats for a running job, writes its progress down, and hears when it shall stop.

    A thread of its own, so that a handler may hold a writing transaction while it reports progress.
    """

    def __init__(self, premises: Premises, claim: Claim, work: Work) -> None:
        super().__init__(name=f"pulse-{claim.job_id}", daemon=True)
        self._premises, self._claim, self._work = premises, claim, work
        self._over = threading.Event()
        self._told = Progress()
        self._beaten = time.monotonic()

    def run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            try:
                self._look()
            except SQLAlchemyError as why:
                # The next look is in half a second, and the claim outlives a minute of silence.
                log.warning("job %s could not beat: %s", self._claim.job_id, type(why).__name__)

    def _look(self) -> None:
        store, claim, said = self._premises.store, self._claim, self._work.so_far
        if said != self._told or time.monotonic() - self._beaten > rules.BEAT_EVERY.total_seconds():
            standing = claims.beat(store, claim, said, self._premises.clock.now())
            self._told, self._beaten = said, time.monotonic()
        else:
            standing = claims.standing(store, claim)
        if self._over.is_set():
            return
        if not standing.mine:
            self._work.halt(TakenOver)
        elif standing.stop_asked:
            self._work.halt(Stopped)

    def end(self) -> None:
        """Stop beating, and wait until the last beat is through."""
        self._over.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()
