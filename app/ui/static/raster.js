// An image on the glass, below a graticule of its own: levels as colours. At rest, too, it is drawn here from the same bytes and not by
// HoloViews: with an hv.Image in the overlay each page, also one that never shows an image, takes 40 % longer to build (0.56 s for
// 0.40 in one run), has 118 models for 107, and each picture at rest takes 45 % longer (0.16 s for 0.11).

export const RAMP = ['#0F0E18', '#142249', '#004176', '#006585', '#008687', '#07A684', '#61C472', '#B3DB50', '#FFEA4C'] // as in app/scope/palette.py
const DIVISIONS = [10, 8]
const LEVELS = 255

export class Raster {
  constructor(glass) {
    this.canvas = document.createElement('canvas')
    this.canvas.className = 'raster'
    this.canvas.width = 0
    glass.querySelector('#plot').after(this.canvas)
    this.small = new OffscreenCanvas(1, 1)
    this.shown = null
    new ResizeObserver(() => this.paint()).observe(this.canvas)
  }

  show(image) { // {columns, rows, bytes}: columns one after another, each from the bottom up; null: none
    if (image === this.shown) return
    this.shown = image
    if (image) this.small = coloured(image)
    this.paint()
  }

  paint() {
    const {canvas} = this, width = Math.round(canvas.clientWidth * devicePixelRatio), height = Math.round(canvas.clientHeight * devicePixelRatio)
    if (!this.shown || !width || !height) { canvas.width = 0; return }
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height})
    const context = canvas.getContext('2d')
    context.clearRect(0, 0, width, height)
    context.drawImage(this.small, 0, 0, width, height)
    context.fillStyle = '#8A97A860'
    for (let i = 1; i < DIVISIONS[0]; i++) context.fillRect(Math.round(width * i / DIVISIONS[0]), 0, 1, height)
    for (let i = 1; i < DIVISIONS[1]; i++) context.fillRect(0, Math.round(height * i / DIVISIONS[1]), width, 1)
  }
}

function coloured({columns, rows, bytes}) {
  const small = new OffscreenCanvas(columns, rows), context = small.getContext('2d'), data = context.createImageData(columns, rows)
  const pixels = new Uint32Array(data.data.buffer)
  for (let column = 0, i = 0; column < columns; column++) for (let row = rows - 1; row >= 0; row--, i++) pixels[row * columns + column] = COLORS[bytes[i]]
  context.putImageData(data, 0, 0)
  return small
}

const COLORS = Uint32Array.from({length: LEVELS + 1}, (_, level) => { // as the canvas has them: alpha, blue, green, red; 0 is nothing
  if (!level) return 0
  const at = (level - 1) / (LEVELS - 1) * (RAMP.length - 1), low = Math.min(Math.floor(at), RAMP.length - 2)
  const part = (from) => [low, low + 1].map((n) => parseInt(RAMP[n].slice(from, from + 2), 16))
  const [red, green, blue] = [1, 3, 5].map(part).map(([a, b]) => Math.round(a + (b - a) * (at - low)))
  return (255 << 24 | blue << 16 | green << 8 | red) >>> 0
})

export function decoded(image) { // as a tab at rest sends it
  return image && {...image, bytes: Uint8Array.from(atob(image.bytes), (one) => one.charCodeAt(0))}
}

export const pictured = (frame) => [...frame.traces.values()].find((trace) => trace.picture)?.picture ?? null
