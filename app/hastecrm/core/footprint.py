"""Gives back the memory that only starting up needed."""

import ctypes
import gc


def settle() -> None:
    """Collect what importing left behind, exempt the rest from later collections, return free pages.

    Importing allocates and frees much in between; glibc keeps those pages unless it is asked. What is loaded
    by now stays for the life of the process, so the collector need not look at it again.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
    if trim is not None:
        trim(0)
