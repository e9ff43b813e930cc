"""The front panel's bridge: commands from the browser, state to the browser.

The panel itself is plain HTML, CSS and JavaScript (static/). What it says and is told are messages of Bokeh's
own session, as JSON text, so that neither models nor scripts are needed for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from bokeh.document import Document
from bokeh.document.events import MessageSentEvent

KIND = "scope"  # of the messages


class Bridge:
    """The messages of one page: `send` puts state on the panel, `handle` takes its commands."""

    def __init__(self, document: Document, handle: Callable[[object], None]) -> None:
        self._document: Document | None = document
        self._handle = handle
        document.on_message(KIND, self._heard)

    def send(self, state: dict[str, object]) -> None:
        """Show this on the panel; only what is in `state` changes. Within a callback of the session."""
        if self._document is not None:
            event = MessageSentEvent(self._document, KIND, json.dumps(state))
            self._document.callbacks.trigger_on_change(event)

    def close(self) -> None:
        """Say and hear nothing any more."""
        self._document = None

    def _heard(self, text: object) -> None:
        try:
            words = json.loads(text) if isinstance(text, str) else None
        except ValueError:
            words = None
        self._handle(words)
