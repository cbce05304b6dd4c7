"""``placarde serve``: starts the service, or says in words why it cannot."""

from __future__ import annotations

import os
import sys

from app.service.serve import serve
from app.service.settings import SettingError
from app.terminal import Exit
from data.store import StoreUnavailableError
from data.store.schema import SchemaError
from geo.french import NBSP


def serve_command(*, host: str, port: int) -> int:
    """Serve until told to stop; return the exit status."""
    try:
        serve(os.environ, host=host, port=port, tell=_tell)
    except SettingError as error:
        return _refuse(str(error), Exit.USAGE)
    except SchemaError as error:
        return _refuse(f"Le schéma de la base ne convient pas{NBSP}: {error}.", Exit.PROBLEMS)
    except StoreUnavailableError as error:
        return _refuse(f"La base de données ne répond pas ({error}).", Exit.PROBLEMS)
    return Exit.DONE


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _refuse(reason: str, status: Exit) -> int:
    sys.stderr.write(f"{reason}\n")
    return status
