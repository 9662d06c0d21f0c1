"""The app behind its real server, on a port of its own, for tests that drive a browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import BrowserContext
from waitress import create_server

from tests.world import Person, World

THREADS = 4


@dataclass(frozen=True)
class Live:
    """An app that answers at `url`."""

    url: str
    app: Flask
    world: World

    def sign_in(self, context: BrowserContext, person: Person) -> None:
        """Let this browser context be a device of this person."""
        name, value = self.world.cookie(person)
        context.add_cookies([{"name": name, "value": value, "url": self.url}])


@contextmanager
def serving(world: World) -> Iterator[Live]:
    """Serve the app of a world until the end of the block."""
    server = create_server(world.app, host="127.0.0.1", port=0, threads=THREADS)
    thread = threading.Thread(target=server.run, name="live", daemon=True)
    thread.start()
    try:
        yield Live(f"http://127.0.0.1:{server.effective_port}", world.app, world)
    finally:
        server.close()
        thread.join(5)
