"""Takes away from this process what reading a file does not need. Linux gives all of it.

What a system does not have is done without: the copy under a fixed name, the drivers that are left
out and the time limit of the parent hold everywhere.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_TELL_VERSION = 1
_PATH_BENEATH = 1
_READ = 1 << 2 | 1 << 3
_FILES_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_ANY_TCP = 1 << 0 | 1 << 1


def limit_resources(*, memory_bytes: int, cpu_s: int, file_bytes: int) -> None:
    """Hold this process to so much address space, processor time and size of a written file."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    for what, soft, most in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 2),  # a signal that tells why, then the end
        (resource.RLIMIT_FSIZE, file_bytes, file_bytes),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, hard = resource.getrlimit(what)
        end = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (min(soft, end), end))
        except (OSError, ValueError):
            continue


def leave_network() -> bool:
    """Move this process into a network of its own, without a single route; return whether it is."""
    libc = _libc()
    return libc is not None and libc.unshare(_NEW_USER | _NEW_NET) == 0


def lock_files(readable: Iterable[Path], writable: Path) -> bool:
    """Forbid every file but those under some folders, and TCP; return whether the system does so.

    This is Landlock (Linux 5.13; TCP from 6.7). It cannot be undone, by this process or another
    that it would start.
    """
    libc = _libc()
    if libc is None:
        return False
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _TELL_VERSION)
    if version < 1:
        return False
    every = (1 << _FILES_BY_VERSION.get(version, 16)) - 1
    ruleset = (ctypes.c_uint64 * 2)(every, _ANY_TCP if version >= 4 else 0)
    size = ctypes.c_size_t(16 if version >= 4 else 8)
    rules = libc.syscall(_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    if rules < 0:
        return False
    for folder in readable:
        _allow(libc, rules, folder, _READ)
    _allow(libc, rules, writable, every)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    done = libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return bool(done)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _allow(libc: ctypes.CDLL, rules: int, folder: Path, access: int) -> None:
    try:
        descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this system
    rule = _PathBeneath(access, descriptor)
    libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(descriptor)


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
