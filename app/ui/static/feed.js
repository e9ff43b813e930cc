// The live picture: frames from GET /frames, the newest one drawn, once in an animation frame at the most.
import {decode} from './wire.js'

const ECHO_EVERY = 1000 // ms
const BACKOFF = [500, 10000] // ms, shortest and longest

export class Feed {
  constructor({screen, query = '', shown, told, lost, aside = false}) {
    // shown(frame): it has been drawn; told(message): text from the server; lost(bool): the connection is away; aside: beside another one of this page
    Object.assign(this, {screen, query, shown, told, lost, aside})
    this.vertical = {}
    this.n = this.drawn = 0
    this.held = this.came = this.untold = false // came: a frame, to be drawn; untold: one that was drawn, also if it is the one of before
    this.last = this.view = this.socket = null
    this.waiting = 0
    this.pause = BACKOFF[0]
    this.seen = () => this.visible()
    document.addEventListener('visibilitychange', this.seen)
    this.echoing = setInterval(() => this.echo(), ECHO_EVERY)
    this.connect()
  }

  connect() {
    const url = new URL('frames', location.href.split(/[?#]/)[0])
    url.protocol = url.protocol.replace('http', 'ws')
    url.search = this.query
    if (this.aside) url.searchParams.set('aside', '1')
    this.last = this.view = null
    this.n = 0
    const socket = this.socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => { this.pause = BACKOFF[0]; this.lost(false); if (this.quiet()) this.send({pause: true}) }
    socket.onmessage = ({data}) => typeof data === 'string' ? this.text(JSON.parse(data)) : this.frame(data)
    socket.onclose = () => this.again()
  }

  close() { // for good
    this.hold()
    clearInterval(this.echoing)
    clearTimeout(this.later)
    document.removeEventListener('visibilitychange', this.seen)
    this.socket.onclose = this.socket.onopen = null
    this.socket.close()
  }

  again() {
    this.lost(true)
    this.later = setTimeout(() => this.connect(), this.pause * (0.5 + Math.random()))
    this.pause = Math.min(2 * this.pause, BACKOFF[1])
  }

  send(message) { if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message)) }

  watch(query) { // another view from now on
    if (query === this.query) return
    this.query = query
    this.ask()
  }

  ask() { // a view's first frame is a whole one
    this.view = this.last = null
    this.send({view: this.query, n: ++this.n})
  }

  text(message) {
    if (message.n === this.n && message.view !== undefined) { this.view = message.view; this.last = null }
    this.told(message)
  }

  frame(data) {
    if (this.view === null) return
    const frame = decode(data, this.last)
    if (frame === null) return this.ask()
    if (frame.view !== this.view) return
    this.last = frame
    this.came = true
    this.schedule()
  }

  schedule() { if (!this.held && this.last && !this.waiting) this.waiting = requestAnimationFrame(() => this.draw()) }

  draw() {
    this.waiting = 0
    if (this.held || !this.last) return
    this.screen.draw(this.last, this.vertical)
    if (this.drawn !== this.last.id) this.at = performance.now()
    this.drawn = this.last.id
    this.untold ||= this.came
    this.came = false
    this.shown(this.last)
  }

  echo() {
    if (!this.untold || this.quiet()) return
    this.untold = false
    this.send({drawn: this.drawn, age: Math.round(performance.now() - this.at)})
  }

  turn(vertical) { // knobs that move axes, not frames
    this.vertical = vertical
    this.schedule()
  }

  hold() { // the picture stays as it is, and from here on it is the server's
    if (this.held) return
    this.held = true
    cancelAnimationFrame(this.waiting)
    this.waiting = 0
    this.send({pause: true})
  }

  release() {
    if (!this.held) return
    this.held = false
    this.screen.forget()
    this.send({pause: this.quiet()})
  }

  quiet() { return this.held || document.hidden }

  visible() { this.send({pause: this.quiet()}) }
}
