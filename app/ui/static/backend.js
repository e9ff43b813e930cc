// What draws the plot: WebGL where the browser has a GPU for it, else canvas. Software that plays GPU is far slower than canvas.

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i

function gpu() { // whether a GPU draws
  const gl = document.createElement('canvas').getContext('webgl', {failIfMajorPerformanceCaveat: true})
  if (!gl) return false
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  const name = String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER))
  gl.getExtension('WEBGL_lose_context')?.loseContext() // browsers have few of them
  return !SOFTWARE.test(name)
}

function loaded(url) {
  return new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement('script'), {src: url, onload: done, onerror: failed}))
  })
}

export async function choose() { // before a plot is embedded; 'webgl' or 'canvas'
  if (!gpu()) return 'canvas'
  const core = document.querySelector('script[src*="/bokeh.min.js"]').src.split('?')[0]
  try { await loaded(core.replace('/bokeh.', '/bokeh-gl.') + '?v=' + Bokeh.version) } catch { return 'canvas' }
  Bokeh.require('models/plots/figure').Figure.override({output_backend: 'webgl'})
  return 'webgl'
}
