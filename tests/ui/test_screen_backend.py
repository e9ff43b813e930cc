"""What draws the plot: the GPU where there is one, canvas where software would play GPU."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.process import Server
from tests.ui.conftest import new_context

GPU = "ANGLE (NVIDIA, NVIDIA GeForce RTX 3060, OpenGL 4.5)"
BACKEND = "Bokeh.documents[0].get_model_by_name('scope').output_backend"
NAMED = """(name) => {
  const asked = WebGLRenderingContext.prototype.getParameter
  WebGLRenderingContext.prototype.getParameter = function (what) {
    return what === 0x9246 || what === this.RENDERER ? name : asked.call(this, what)
  }
}"""


def drawn(browser: Browser, server: Server, path: str, name: str) -> tuple[str, list[str], Page]:
    """What draws a page in a browser whose GPU has this name, and the scripts of Bokeh that it loaded."""
    context = new_context(browser)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2].partition("?")[0]))
    page.add_init_script(f"({NAMED})({name!r})")
    page.goto(server.url + path)
    page.wait_for_function(f"globalThis.Bokeh?.documents[0]?.is_idle && {BACKEND}")
    return page.evaluate(BACKEND), [name for name in asked if name.startswith("bokeh")], page


@pytest.mark.parametrize("path", ["", "watch"])
@pytest.mark.parametrize(
    "name",
    [
        "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
        "llvmpipe (LLVM 15.0.6, 256 bits)",
        "Microsoft Basic Render Driver",
    ],
)
def test_software_draws_on_canvas(browser: Browser, server: Server, path: str, name: str) -> None:
    backend, scripts, page = drawn(browser, server, path, name)
    assert (backend, scripts) == ("canvas", ["bokeh.min.js"])
    page.context.close()


@pytest.mark.parametrize("path", ["", "watch"])
def test_a_gpu_draws_by_webgl(browser: Browser, server: Server, path: str) -> None:
    backend, scripts, page = drawn(browser, server, path, GPU)
    assert (backend, scripts) == ("webgl", ["bokeh.min.js", "bokeh-gl.min.js"])
    page.context.close()
