"""What a person hears when something that was asked for turns out not to be possible, some time later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from app.store.disk import said

if TYPE_CHECKING:
    from app.ui.tab import Tab

UNKEPT = "Nothing was changed: {}."


def heed(tab: Tab, saving: asyncio.Task[Any] | None) -> None:
    """Have the tab hear of it if something cannot be written.

    saving  what writes it; None: it is in memory only
    """
    if saving is not None:
        saving.add_done_callback(partial(heard, tab.hear))


def heard(tell: Callable[[str], None], saving: asyncio.Task[Any]) -> None:
    error = None if saving.cancelled() else saving.exception()
    if isinstance(error, OSError):
        tell(UNKEPT.format(said(error)))
