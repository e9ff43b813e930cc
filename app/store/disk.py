"""What is said of a disk that takes no more."""

from __future__ import annotations

import errno

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def reason(error: OSError) -> str:
    """In a word, for figures: `disk_full` or `io`."""
    return "disk_full" if error.errno in FULL else "io"


def said(error: OSError) -> str:
    """In words for people."""
    what = error.strerror or type(error).__name__
    return "the disk is full" if reason(error) == "disk_full" else f"the disk does not take it: {what}"
