"""Gives memory back to the system: what only starting up needed, and large blocks."""

import ctypes
import gc

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h


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


def return_large_blocks() -> None:
    """Have every block from 256 KiB on come from the system and go back to it, instead of leaving holes.

    By itself glibc learns from the first large block that is freed to keep later ones of that size.
    """
    if (choose := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        choose(_MMAP_THRESHOLD, 256 * 1024)
