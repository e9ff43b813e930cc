// Persistence: what live frames showed, glowing on above the plot and fading by the clock.
import {polyline} from './polyline.js'

const LEFT = 0.1 // of the brightness when the chosen time is over
const STEPS = 20, SHORTEST = 40 // fading goes in so many steps, ms apart at least
const GONE = 2.5 // times the chosen time: nothing is left then
const BRIGHT = 0.6 // of a line that was drawn once: less than the trace itself

export class Afterglow {
  constructor(glass) { // above the plot, below whatever stands on it
    this.canvas = document.createElement('canvas')
    this.canvas.className = 'afterglow'
    this.canvas.width = 0
    glass.querySelector('#plot').after(this.canvas)
    this.context = this.canvas.getContext('2d')
    this.seconds = this.faded = this.drawn = this.timer = 0
    this.key = ''
    this.held = false
    this.still = matchMedia('(prefers-reduced-motion: reduce)') // then it fades with frames only
    new ResizeObserver(() => this.fit()).observe(this.canvas)
  }

  persist(text) { // seconds as in a link; 0: none
    const seconds = text === 'inf' ? Infinity : Number(text) || 0
    if (seconds === this.seconds) return
    this.seconds = seconds
    seconds ? this.fit() : this.empty()
  }

  empty() { this.canvas.width = 0; clearTimeout(this.timer) }

  clear() { this.context.clearRect(0, 0, this.canvas.width, this.canvas.height) }

  fit() { // as large as the screen; what glows keeps its place on it
    if (!this.seconds) return
    const {canvas} = this, ratio = devicePixelRatio
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio)
    if (!width || !height || (canvas.width === width && canvas.height === height)) return
    const old = canvas.width ? new OffscreenCanvas(canvas.width, canvas.height) : null
    old?.getContext('2d').drawImage(canvas, 0, 0)
    Object.assign(canvas, {width, height})
    if (old) this.context.drawImage(old, 0, 0, width, height)
  }

  matches(key) { // what glows is of this set-up; another one begins afresh
    if (key === this.key) return
    this.key = key
    this.clear()
  }

  hold(held) { // Stop keeps it as it is
    if (held === this.held) return
    this.held = held
    clearTimeout(this.timer)
    if (held) this.stopped = performance.now()
    else this.faded += performance.now() - this.stopped
    if (!held && this.seconds) this.wait()
  }

  draw(traces) { // a live frame
    if (!this.seconds || this.held || !this.canvas.width) return
    const now = performance.now(), {context, canvas: {width, height}} = this
    this.fade(now)
    context.lineWidth = Math.max(1, Math.round(devicePixelRatio))
    context.globalAlpha = BRIGHT
    for (const trace of traces) {
      context.strokeStyle = trace.color
      polyline(context, trace, width, height)
    }
    context.globalAlpha = 1
    this.drawn = now
    this.wait()
  }

  get step() { return Math.max(SHORTEST, 1000 * this.seconds / STEPS) }

  fade(now) { // whole steps: finer ones would be rounded away
    if (this.seconds === Infinity) return
    const steps = Math.floor((now - this.faded) / this.step)
    if (steps < 1) return
    this.faded += steps * this.step
    if (now - this.drawn > GONE * 1000 * this.seconds) return this.clear()
    const {context, canvas: {width, height}} = this
    context.globalCompositeOperation = 'destination-out'
    context.globalAlpha = 1 - LEFT ** (steps * this.step / 1000 / this.seconds)
    context.fillRect(0, 0, width, height)
    context.globalAlpha = 1
    context.globalCompositeOperation = 'source-over'
  }

  wait() { // between frames, too, as long as anything glows
    clearTimeout(this.timer)
    const now = performance.now()
    if (this.still.matches || this.seconds === Infinity || now - this.drawn > 2 * GONE * 1000 * this.seconds) return
    this.timer = setTimeout(() => { this.fade(performance.now()); this.wait() }, Math.max(this.faded + this.step - now, SHORTEST))
  }
}

export function setting(traces, knobs = '') { // what a picture must share with another to glow beside it
  const near = (value) => value.toPrecision(6)
  return JSON.stringify([knobs, traces.map((t) => [t.slot, t.x_unit, t.color, near(t.ends[1] - t.ends[0]), ...t.limits.map((y) => near(y - t.zero))])])
}
