"""Reading ahead: the file is read while the database writes, so that both processors have work."""

from collections.abc import Iterable, Iterator
from itertools import islice
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_WAIT_S = 0.1


def blocks_ahead(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in blocks, made in a thread that is one block ahead.

    What the items raise is raised here, in its place. When the consumer stops early, so does the thread. The
    items must not touch the database: connections belong to one thread.
    """
    made: Queue[list[T] | BaseException | None] = Queue(maxsize=1)
    is_over = Event()

    def put(what: list[T] | BaseException | None) -> None:
        while not is_over.is_set():
            try:
                return made.put(what, timeout=_WAIT_S)
            except Full:
                continue

    def make() -> None:
        iterator = iter(items)
        try:
            while not is_over.is_set() and (block := list(islice(iterator, size))):
                put(block)
            put(None)
        except BaseException as error:  # noqa: BLE001 (it is raised again where the blocks are used)
            put(error)

    maker = Thread(target=make, name="reading-ahead", daemon=True)
    maker.start()
    try:
        while (block := made.get()) is not None:
            if isinstance(block, BaseException):
                raise block
            yield block
    finally:
        is_over.set()
        maker.join()
