// The strip above a zoomed screen: the main window, and on it a box that marks what the screen shows and can be dragged.
import {el, show} from './parts.js'
import {drag, seldom} from './drag.js'
import {tone} from './colours.js'
import {polyline} from './polyline.js'
import {scaled} from './screen.js'

const EVERY = 100 // ms between two drawings
const SETTLES = 600 // ms after a drag before the box goes by what the screen says
const FINEST = 1 / 1000 // of the main window: the narrowest box that a hand makes
const WHEEL = 40 // px of a wheel for a click
const DIVISIONS = 10

export class Strip {
  constructor(glass, {moved, turned, stepped}) {
    // moved(left, width): the box, as shares of the strip; turned(clicks) of the wheel; stepped(clicks) to the side
    this.canvas = el('canvas')
    this.box = el('div', {className: 'lens', role: 'slider', tabIndex: 0, ariaLabel: 'Zoomed part', ariaValueMin: '0', ariaValueMax: '100', title: 'Drag to move the zoomed part, drag its borders or turn the wheel for its timebase'},
      el('i', {className: 'edge left'}), el('i', {className: 'edge right'}))
    this.pane = el('div', {className: 'pane'}, this.canvas, this.box)
    this.root = el('section', {id: 'strip', ariaLabel: 'Main window', hidden: true}, el('p', {}, el('output'), el('output')), this.pane)
    glass.append(this.root)
    this.context = this.canvas.getContext('2d')
    Object.assign(this, {frame: null, vertical: {}, colors: {}, tinted: '', waiting: 0, last: 0, at: null, local: null})
    new ResizeObserver(() => this.fit()).observe(this.pane)
    this.hands(seldom(moved), turned, stepped)
  }

  hands(moved, turned, stepped) {
    let from = null, edge = '', wheel = 0
    drag(this.root, {
      wanted: ({target}) => { edge = target.classList.contains('left') ? 'left' : target.classList.contains('right') ? 'right' : ''; return this.at !== null },
      begin: () => { from = this.local ?? this.at; this.held = true },
      move: (x, y, dx) => {
        this.local = reached(from, dx / this.pane.clientWidth, edge)
        moved(this.local.left, this.local.width)
        this.place()
      },
      end: () => { this.held = false; setTimeout(() => { if (!this.held) { this.local = null; this.place() } }, SETTLES) },
    })
    for (const kind of ['pointerdown', 'dblclick', 'touchstart', 'touchmove']) this.root.addEventListener(kind, (event) => event.stopPropagation())
    this.root.addEventListener('wheel', (event) => {
      event.preventDefault()
      event.stopPropagation()
      wheel += event.deltaY
      if (Math.abs(wheel) < WHEEL) return
      turned(wheel > 0 ? 1 : -1)
      wheel = 0
    }, {passive: false})
    this.box.addEventListener('keydown', (event) => {
      const side = {ArrowLeft: -1, ArrowRight: 1}[event.key], wider = {ArrowUp: 1, ArrowDown: -1}[event.key]
      if (!side && !wider) return
      event.preventDefault()
      side ? stepped(side) : turned(wider)
    })
  }

  tell(main, factor) {
    const [left, right] = this.root.firstChild.children
    show(left, main)
    show(right, factor)
  }

  mark(at, text) { // at: {left, width} as shares, or null
    this.at = at
    this.box.ariaValueText = text
    if (at) this.box.ariaValueNow = String(Math.round(100 * at.left))
    this.place()
  }

  place() {
    const at = this.local ?? this.at
    this.box.hidden = at === null
    if (at === null) return
    const left = Math.min(Math.max(at.left, -at.width), 1), style = `left:${(100 * left).toFixed(3)}%;width:${(100 * at.width).toFixed(3)}%`
    if (this.placed !== style) this.box.style.cssText = this.placed = style
  }

  draw(frame, vertical) { // not as often as the screen: it is small
    Object.assign(this, {frame, vertical})
    if (this.waiting) return
    this.waiting = setTimeout(() => { this.waiting = 0; this.paint() }, Math.max(0, this.last + EVERY - performance.now()))
  }

  tint(colors) { // by slot
    const key = JSON.stringify([tone('line'), colors])
    if (key === this.tinted) return
    this.tinted = key
    this.colors = colors
    this.paint()
  }

  forget() {}

  fit() {
    const width = Math.round(this.pane.clientWidth * devicePixelRatio), height = Math.round(this.pane.clientHeight * devicePixelRatio)
    if (!width || !height || (this.canvas.width === width && this.canvas.height === height)) return
    Object.assign(this.canvas, {width, height})
    this.paint()
  }

  paint() {
    const {context, canvas: {width, height}, frame} = this
    this.last = performance.now()
    context.clearRect(0, 0, width, height)
    context.lineWidth = Math.max(1, Math.round(devicePixelRatio))
    context.fillStyle = tone('line')
    for (let i = 1; i < DIVISIONS; i++) context.fillRect(Math.round(width * i / DIVISIONS), 0, 1, height)
    if (!frame) return
    const scale = scaled(this.vertical, frame.readouts.channels)
    for (const trace of frame.traces.values()) {
      if (trace.kind === 'xy') continue
      context.strokeStyle = this.colors[trace.slot] ?? tone('dim')
      polyline(context, {...trace, limits: scale(trace).limits}, width, height)
    }
  }
}

function reached({left, width}, by, edge) { // the box after a drag of all of it, or of one border
  if (!edge) return {left: left + by, width}
  const moved = edge === 'left' ? Math.min(Math.max(by, -left), width - FINEST) : Math.max(Math.min(by, 1 - left - width), FINEST - width)
  return edge === 'left' ? {left: left + moved, width: width - moved} : {left, width: width + moved}
}
