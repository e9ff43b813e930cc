"""Whatever a page has drawn by itself, a frame at rest puts the server's picture on the glass."""

from __future__ import annotations

import numpy as np

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

SCRIBBLE = """() => {
  const figure = Bokeh.documents[0].get_model_by_name('scope')
  const put = (model, values) => model.setv(values, {sync: false})
  const named = (name) => figure.renderers.find((renderer) => renderer.name === name).data_source
  for (let slot = 0; slot < 8; slot++) {
    const x = Float64Array.of(0, 1, 2), y = Float64Array.of(slot, -slot, slot)
    put(named(String(slot)), {data: {['x' + slot]: x, ['y' + slot]: y}})
    put(named('dots' + slot), {data: {x: Float64Array.of(1), y: Float64Array.of(0)}})
    put(figure.extra_x_ranges['x' + slot], {start: -1, end: 3})
    put(figure.extra_y_ranges['y' + slot], {start: -9, end: 9})
  }
  put(named('grounds'), {data: {x: [-5], y: [0], text: ['8'], slot: [7], color: ['#FFFFFF']}})
  put(figure, {tags: figure.tags.map(() => ['nobody', 0, '', false, '', false, null, null])})
}"""
ASK = "document.dispatchEvent(new CustomEvent('scope:command', {detail: {do: 'show'}}))"
TAGS = "Bokeh.documents[0].get_model_by_name('scope').tags"


def test_a_frame_at_rest_replaces_all_that_the_page_has_drawn(front: Front, server: Server) -> None:
    server.columns(np.arange(300) / 100, a=np.sin(np.arange(300) / 20), b=np.cos(np.arange(300) / 30))
    front.has("a", "b")
    front.settled()
    front.click("#run")
    front.lamp("STOP")
    front.settled()
    before, tags = front.picture(), front.page.evaluate(TAGS)
    front.page.evaluate(SCRIBBLE)
    wait_until(lambda: not front.still(before))
    front.page.evaluate(ASK)
    wait_until(lambda: front.still(before))
    assert front.page.evaluate(TAGS) == tags
