"""The front panel's bridge: commands from the browser, state to the browser.

The panel itself is plain HTML, CSS and JavaScript (static/), so that a tab costs one model here, not one for
each button and readout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from panel.custom import JSComponent

BRIDGE = """
export function render({model}) {
  const page = document
  model.on('msg:custom', (event) => {
    page.dispatchEvent(new CustomEvent('scope:state', {detail: event.data ?? event}))
  })
  page.addEventListener('scope:command', (event) => model.send_msg(event.detail))
  model.send_msg({do: 'show'})  // what was sent before this moment was not heard
}
"""


class Bridge(JSComponent):
    """An invisible component of the page: `send` puts state on the panel, `handle` takes its commands."""

    _esm = BRIDGE

    def __init__(self, handle: Callable[[object], None], **params: Any) -> None:
        super().__init__(width=0, height=0, visible=False, **params)
        self._handle = handle

    def _handle_msg(self, data: object) -> None:
        self._handle(data)

    def send(self, state: dict[str, object]) -> None:
        """Show this on the panel; only what is in `state` changes."""
        self._send_msg(state)
