"""All benchmarks: python -m bench [pages | imports | papers] ..."""

import sys
from collections.abc import Callable

from bench import imports, pages, papers

BENCHES: dict[str, Callable[[list[str]], None]] = {
    "pages": pages.main,
    "imports": imports.main,
    "papers": papers.main,
}


def main() -> None:
    """Run the named benchmark, or all of them."""
    wanted = sys.argv[1:2] or list(BENCHES)
    for name in wanted:
        if name not in BENCHES:
            sys.exit(f"one of: {', '.join(BENCHES)}")
        print(f"## {name}\n", flush=True)
        BENCHES[name](sys.argv[2:])
        print()


if __name__ == "__main__":
    main()
