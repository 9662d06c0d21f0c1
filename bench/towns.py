"""Sample towns of several sizes, built once under build/bench and kept."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crm.config import Settings
from crm.core.clock import TOKYO, FixedClock
from crm.db import migrate
from crm.db.store import Store
from crm.demo import build
from crm.demo.town import generate

FOLDER = Path(__file__).parents[1] / "build" / "bench"
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=TOKYO)
"""A Wednesday in the middle of a month: the same day for every run, so that towns can be kept."""
CLOCK = FixedClock(NOW)


@dataclass(frozen=True)
class Size:
    """A town: `scale` times 453 districts with so many months of visits."""

    name: str
    scale: int
    months: int


TOWNS = {
    "453, 24 months": Size("town-453-24", 1, 24),
    "453, 10 years": Size("town-453-120", 1, 120),
    "45,300, 24 months": Size("town-45300-24", 100, 24),
}


def settings_of(folder: Path) -> Settings:
    """Settings of a town: a demo's, in a folder of its own."""
    return Settings(
        instance=folder,
        secret_key="bench-" * 8 + "0123456789",
        base_url="http://127.0.0.1:8000",
        sample_town=True,
    )


def town(size: Size) -> tuple[Settings, Store]:
    """A town of this size: the one of last time, or a new one."""
    folder = FOLDER / size.name
    settings, mark = settings_of(folder), folder / "built.json"
    wanted = {
        "schema": migrate.fingerprint(),
        "scale": size.scale,
        "months": size.months,
        "now": NOW.isoformat(),
    }
    if not mark.exists() or json.loads(mark.read_text()) != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        began = time.monotonic()
        print(f"building the town {size.name} ...", flush=True)
        store = Store(settings.database)
        migrate.upgrade(store)
        made = generate(today=CLOCK.today(), months=size.months, scale=size.scale)
        build.fill(store, made, settings=settings, now=NOW.astimezone(UTC))
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only=OFF")
            connection.exec_driver_sql("ANALYZE")
        store.close()
        mark.write_text(json.dumps(wanted))
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return settings, Store(settings.database)
