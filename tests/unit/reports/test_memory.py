import sys
from threading import Thread

from crm.reports.memory import Memory


def test_what_was_kept_first_goes_first() -> None:
    memory: Memory[str, int] = Memory(2)
    for number, key in enumerate(("a", "b", "a", "c")):
        memory.keep(key, number)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (None, 1, 3)


def test_threads_that_keep_things_at_once_neither_fail_nor_keep_too_many() -> None:
    memory: Memory[int, int] = Memory(3)
    failed: list[Exception] = []

    def keep(first: int) -> None:
        try:
            for number in range(first, first + 20_000):
                memory.keep(number, number)
        except Exception as why:
            failed.append(why)

    threads = [Thread(target=keep, args=(n * 1_000_000,)) for n in range(4)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert failed == []
    assert len(memory) == 3
