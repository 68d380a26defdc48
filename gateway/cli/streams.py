"""The standard streams of a process that is to run for long."""

import os


def open_standard_streams() -> None:
    """Open the null device in place of each standard stream that is closed.

    Else the next socket would get its number, and what a library writes to standard error would be sent to a caller.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
