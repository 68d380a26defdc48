"""How memory is given back to the system."""

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 262_144
_KEPT_BYTES: Final = 2_097_152


def give_back_memory() -> bool:
    """Have what is large given back to the system as soon as it is freed, and return whether that is possible.

    Left to itself, glibc takes blocks of up to 32 MiB out of its heap once one of that size has been freed. There they
    leave holes behind: a large body then took half as much again, which was never given back. Other C libraries have
    no `mallopt`, and need none.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES) and mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES))
