"""Ctrl-C and the signals by which a system ends a process."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # SIGHUP: the terminal was closed; not on Windows


class Interruptions:
    """While it is entered, a signal asks for an end instead of ending the process.

    The first sets `asked`, so that the batch under way is finished; the second raises
    `KeyboardInterrupt` where the program is; later ones, and those after `close`, do nothing.
    Signals that the program handles or ignores itself stay with it.
    """

    def __init__(self) -> None:
        self.asked = False
        self.closed = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in NAMES:
                number = getattr(signal, name, None)
                usual = (signal.SIG_DFL, signal.default_int_handler)
                if number is not None and signal.getsignal(number) in usual:
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.asked and not self.closed:
            self.closed = True
            raise KeyboardInterrupt
        self.asked = True

    def close(self) -> None:
        """From here on nothing is raised: what was learned is being put in place."""
        self.closed = True

    def end_if_asked(self) -> None:
        """Raise `KeyboardInterrupt` if a signal came."""
        if self.asked and not self.closed:
            self.closed = True
            raise KeyboardInterrupt
