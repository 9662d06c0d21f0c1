"""A waitress server over a town of the bench, on a free port that it prints."""

import sys
from pathlib import Path

import waitress

from bench.pages import with_trivial_page
from bench.towns import CLOCK, settings_of
from crm.app import create_app
from crm.db.store import Store


def main(folder: str) -> None:
    """Serve until terminated."""
    settings = settings_of(Path(folder))
    app = with_trivial_page(create_app(settings, store=Store(settings.database), clock=CLOCK))
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    print(server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main(sys.argv[1])
