"""The standard streams of a command, so that what the shell makes of them never ends it.

| the shell's doing | what happens |
|---|---|
| the reader of a pipe has gone (`\\| head -1`) | what is printed from then on is thrown away |
| an encoding without a character | the character is replaced by `?` |
| a full disk, a descriptor that cannot be written | noted in `Outlet.failure` |
| a closed stream (`>&-`) | its descriptor is taken by /dev/null, so that no socket gets it |
"""

import io
import os
import select
import sys
from typing import Any


class Outlet(io.FileIO):
    """A standard stream's descriptor; what cannot be written is thrown away.

    Attributes:
        failure: why the first of it could not be written; None while all was.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Writes bytes, or throws them away."""
        if self.failure is None:
            try:
                return super().write(data) or 0
            except BlockingIOError:  # the terminal's other user has made it non-blocking
                select.select([], [self], [])
                return self.write(data)
            except OSError as error:
                self.failure = error
        return memoryview(data).nbytes

    @property
    def nobody_reads(self) -> bool:
        """Whether nobody reads any more; true also of a pipe into which nothing was written yet."""
        if self.failure is None:
            poll = select.poll()
            poll.register(self, 0)
            return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
        return True


def outlet(stream: object) -> Outlet | None:
    """The outlet below a text stream, if `prepare` made it."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, Outlet) else None


def prepare() -> frozenset[str]:
    """Puts outlets below `sys.stdout` and `sys.stderr`; call it once, at the start.

    Returns:
        The names of the streams that were closed: `stdin`, `stdout`, `stderr`. A closed stdin
        stays None; what is printed to a closed stdout or stderr is thrown away.
    """
    names = ("stdin", "stdout", "stderr")
    closed = frozenset(name for name in names if getattr(sys, name) is None)
    for _ in closed:
        # It gets the lowest descriptor that is free.
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        own_errors = getattr(stream, "errors", "strict") not in ("strict", "surrogateescape")
        setattr(
            sys,
            name,
            io.TextIOWrapper(
                io.BufferedWriter(Outlet(descriptor)),
                encoding=getattr(stream, "encoding", "utf-8"),
                errors=stream.errors if own_errors else "replace",
                line_buffering=name == "stderr" or bool(stream and stream.isatty()),
            ),
        )
    return closed
