"""What changes whenever anything in the store does, told without asking the server.

SQLite counts the changes that other connections commit, those of other processes too
(``PRAGMA data_version``, https://sqlite.org/pragma.html#pragma_data_version); to read the count
takes some microseconds and waits for nobody. What was read of the store still holds while the count
is the same.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from pathlib import Path

Mark = tuple[int, int]
"""Equal marks of one process: nothing was committed between them."""
_CONNECTIONS = itertools.count()


class Marks:
    """The marks of one file, read on a connection of their own that changes nothing.

    Parameters
    ----------
    database
        The path of the file, which is opened when the first mark is asked for.
    """

    def __init__(self, database: Path) -> None:
        self._address = f"{database.absolute().as_uri()}?mode=rw"  # never makes a file
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._number = -1

    def now(self) -> Mark | None:
        """Return the mark of this moment; None where the file cannot be read."""
        with self._lock:
            try:
                found = self._open().execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                self._let_go()
                return None
            return self._number, found[0]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._let_go()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._address, uri=True, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._number = next(_CONNECTIONS)  # each counts anew
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
