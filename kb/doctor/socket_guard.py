"""Lets the kernel end a process that opens a socket: a seccomp filter, which needs no privilege.

It binds native code and its threads too, which Python's audit hooks never see. Set it before any
library starts a thread: threads that run already are not bound. Source: seccomp(2), prctl(2).
"""

from __future__ import annotations

import ctypes
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from ctypes.util import find_library

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_KILL, _ALLOW = 0x8000_0000, 0x7FFF_0000
_X32 = 0x4000_0000  # from here on, numbers of another calling convention of x86-64
_IO_URING_SETUP = 425  # could open sockets without the call
# machine: (audit architecture, number of socket(2))
_CALLS = {"x86_64": (0xC000_003E, 41), "aarch64": (0xC000_00B7, 198)}

ENDED_BY = getattr(signal, "SIGSYS", 31)

_TRIAL = "import socket;from kb.doctor.socket_guard import guard;guard();socket.socket()"


class GuardUnavailable(Exception):
    """This system cannot guard a process so."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def guard() -> None:
    """End this process, with SIGSYS, as soon as it calls socket(2); cannot be undone.

    :raises GuardUnavailable: where there is no such thing.
    """
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        raise GuardUnavailable(f"not on {sys.platform} on {platform.machine()}")
    architecture, number = _CALLS[platform.machine()]
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_IF_EQUAL, 0, 5, architecture),
        (_LOAD, 0, 0, 0),  # the call's number
        (_IF_AT_LEAST, 3, 0, _X32),
        (_IF_EQUAL, 2, 0, number),
        (_IF_EQUAL, 1, 0, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL),
    ]
    array = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    program = _Program(len(steps), array)
    libc = ctypes.CDLL(find_library("c"), use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0
    ):
        raise GuardUnavailable(f"the kernel refuses it (error {ctypes.get_errno()})")


def is_reliable(environment: Mapping[str, str]) -> bool:
    """Say whether the guard ends a process that opens a socket, by letting one do so."""
    command = [sys.executable, "-c", _TRIAL]
    trial = subprocess.run(command, env=environment, capture_output=True, check=False)
    return trial.returncode == -ENDED_BY
