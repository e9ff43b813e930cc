// The touch pad: where the finger is, as two channels from 0 to 1, and a glow on the glass.
import {Steps, Stream} from './stream.js'

const RATE = 60 // samples/s while the pad is touched
const TAIL = 600 // ms that the glow lasts

export class Pad {
  constructor(root, link) {
    this.root = root
    this.canvas = root.querySelector('canvas')
    this.at = root.querySelector('output')
    this.stream = new Stream(link, 'touch', {channels: ['touch_x', 'touch_y'], rate: RATE})
    this.stream.gone = () => this.up()
    this.steps = new Steps(RATE)
    this.tail = []
    this.finger = null
    root.addEventListener('pointerdown', (event) => this.down(event))
    root.addEventListener('pointermove', (event) => { if (event.pointerId === this.finger) this.move(event) })
    for (const kind of ['pointerup', 'pointercancel']) root.addEventListener(kind, (event) => { if (event.pointerId === this.finger) this.up() })
    new ResizeObserver(() => this.draw()).observe(root)
  }

  down(event) {
    if (this.finger !== null || !event.isPrimary) return
    event.preventDefault()
    this.finger = event.pointerId
    this.root.setPointerCapture?.(event.pointerId)
    this.root.classList.add('used')
    this.steps.forget()
    this.stream.start()
    this.move(event)
    this.sample()
  }

  move(event) { // x to the right, y upwards
    const box = this.root.getBoundingClientRect(), share = (value) => Math.min(1, Math.max(0, value))
    this.place = [share((event.clientX - box.left) / box.width), share(1 - (event.clientY - box.top) / box.height)]
    this.at.textContent = this.place.map((value) => value.toFixed(3)).join('  ')
  }

  sample() { // where the finger is now, with every picture
    if (this.finger === null) { this.draw(); return }
    const now = performance.now()
    this.stream.push(this.steps.take(now, this.place))
    this.tail.push([now, ...this.place])
    this.draw()
    requestAnimationFrame(() => this.sample())
  }

  up() {
    if (this.finger === null) return
    this.finger = null
    this.stream.stop()
    this.fade()
  }

  stop() { this.up() }

  fade() {
    this.draw()
    if (this.tail.length && this.finger === null) requestAnimationFrame(() => this.fade())
  }

  draw() {
    const {canvas, root} = this, scale = devicePixelRatio || 1, width = root.clientWidth, height = root.clientHeight
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) Object.assign(canvas, {width: Math.round(width * scale), height: Math.round(height * scale)})
    const brush = canvas.getContext('2d'), now = performance.now()
    brush.setTransform(scale, 0, 0, scale, 0, 0)
    brush.clearRect(0, 0, width, height)
    this.tail = this.tail.filter(([at]) => now - at < TAIL)
    Object.assign(brush, {strokeStyle: getComputedStyle(root).getPropertyValue('--ch1'), lineCap: 'round'})
    this.tail.forEach(([at, x, y], i) => {
      const [, from, under] = this.tail[Math.max(0, i - 1)], fresh = 1 - (now - at) / TAIL
      Object.assign(brush, {globalAlpha: fresh, lineWidth: 2 + 8 * fresh})
      brush.beginPath()
      brush.moveTo(from * width, (1 - under) * height)
      brush.lineTo(x * width, (1 - y) * height)
      brush.stroke()
    })
    brush.globalAlpha = 1
  }
}
