"""Ties a child process to us: it dies with its parent, also when the parent is killed with -9.

The kernel does it (prctl(2), PR_SET_PDEATHSIG), and it counts the *thread* that started the child as the parent, so
start tethered children from the main thread only.
"""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def tether() -> Callable[[], None]:
    """For `preexec_fn`: the child gets SIGKILL when this process ends."""
    parent = os.getpid()

    def tied() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have gone between the fork and the prctl: then nothing would ever kill us.
        if os.getppid() != parent:
            os._exit(1)

    return tied
