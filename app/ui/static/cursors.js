// Cursors: two lines in x, two in y, or two in x that read the traces. They stand on the screen, also while it runs.
import {el, show} from './parts.js'
import {Choice} from './fields.js'
import {another, drag, seldom} from './drag.js'
import {Echo} from './echo.js'
import {overTime} from './marks.js'
import {clock, engineering, inverse} from './units.js'

const MODES = {off: 'Off', time: 'Time', value: 'Value', tracking: 'Track'}
const NUDGE = {x: 1 / 500, y: 1 / 400} // of the screen, for one press of a key
const SETTLED = 300 // ms after the last move before the link tells where they stand
const clamp = (share) => Math.min(Math.max(share, 0), 1)

class Line {
  constructor(overlay, axis, name, begin, moved) {
    Object.assign(this, {overlay, axis, vertical: axis === 'y'})
    this.root = el('div', {className: `cursor ${axis}`, role: 'slider', tabIndex: 0, ariaLabel: `Cursor ${name}`, ariaValueMin: '0', ariaValueMax: '100', ariaOrientation: axis === 'y' ? 'vertical' : 'horizontal',
      title: `Cursor ${name}: drag, or arrow keys`, hidden: true}, el('b', {textContent: name}))
    overlay.append(this.root)
    drag(this.root, {begin, move: (x, y) => {
      const box = overlay.getBoundingClientRect()
      moved(clamp(this.vertical ? 1 - (y - box.top) / box.height : (x - box.left) / box.width))
    }})
    this.root.addEventListener('keydown', (event) => {
      const way = (this.vertical ? {ArrowUp: 1, ArrowDown: -1} : {ArrowRight: 1, ArrowLeft: -1})[event.key]
      if (!way) return
      event.preventDefault()
      if (!event.repeat) begin()
      moved(clamp(this.share + way * NUDGE[axis] * (event.shiftKey ? 10 : 1)))
    })
  }

  put(share, text) {
    this.share = share
    this.root.style[this.vertical ? 'top' : 'left'] = `${(this.vertical ? 1 - share : share) * 100}%`
    this.root.ariaValueText = text
    this.root.ariaValueNow = String(Math.round(100 * share))
  }
}

export class Cursors {
  constructor(root, overlay, bar, command) {
    this.bar = bar
    this.overlay = overlay
    this.at = {mode: 'off', x: [0.3, 0.7], y: [0.7, 0.3]}
    this.moved = this.hidden = () => {} // for those who look between the two in x
    this.command = command
    this.told = ''
    this.echo = new Echo()
    const told = seldom(() => this.moved())
    const line = (axis) => ['A', 'B'].map((name, i) => new Line(overlay, axis, name, () => this.begin(), (share) => {
      this.at[axis][i] = share
      this.draw()
      this.keep(SETTLED)
      if (axis === 'x') told()
    }))
    this.lines = {x: line('x'), y: line('y')}
    this.choice = new Choice('Cursors', 'cursor-mode', MODES, (mode) => this.set(mode), 'Two lines to measure by hand (C)')
    this.table = el('div', {id: 'cursor-table', className: 'figures'})
    root.append(this.choice.root, this.table)
    this.dots = []
    this.last = {state: {channels: []}, traces: [], selected: null}
    this.show(this.at.mode)
  }

  shares() { return [...this.at.x] }

  begin() { this.drag = another() } // what follows is one act of a person, and taken back at once

  across() { return this.at.mode === 'time' || this.at.mode === 'tracking' }

  set(mode) { // a person did
    this.begin()
    this.show(mode)
    if (!this.across()) this.hidden()
    this.keep()
  }

  show(mode) {
    this.at.mode = mode in MODES ? mode : 'off'
    this.choice.show(this.at.mode)
    this.draw()
  }

  next() { const modes = Object.keys(MODES); this.set(modes[(modes.indexOf(this.at.mode) + 1) % modes.length]) }

  time() { if (!this.across()) this.set('time') }

  keep(wait = 0) { // in the set-up of the tab: in its link, and to be taken back
    clearTimeout(this.telling)
    this.telling = setTimeout(() => {
      this.telling = 0
      const {mode} = this.at, places = mode === 'value' ? this.at.y : this.at.x
      const value = mode === 'off' ? '' : [mode, ...places.map((share) => Number(share.toFixed(4)))].join()
      if (value === this.told) return
      this.echo.send(this.told = value)
      this.command({do: 'look', field: 'cursors', value, drag: this.drag})
    }, wait)
  }

  take(text = '') { // from the set-up of the tab, which may have been taken back
    if (!this.echo.news(text) || text === this.told || this.telling) return
    this.told = text
    const [mode, ...places] = text.split(',')
    if (text) this.at[mode === 'value' ? 'y' : 'x'] = places.map(Number)
    this.show(mode || 'off')
  }

  update(state, traces, selected) {
    this.last = {state, traces, selected}
    if (this.at.mode !== 'off') this.draw()
  }

  draw() {
    const {mode} = this.at, across = this.across()
    for (const line of this.lines.x) line.root.hidden = !across
    for (const line of this.lines.y) line.root.hidden = mode !== 'value'
    const read = mode === 'off' || !this.last.traces.length ? [] : mode === 'value' ? this.levels() : this.instants()
    const followed = mode === 'tracking' && this.last.state.display !== 'xy' ? this.followed() : []
    if (!followed.length) this.point([])
    this.at.x.forEach((share, i) => this.lines.x[i].put(share, across ? read[i]?.value ?? '' : ''))
    this.at.y.forEach((share, i) => this.lines.y[i].put(share, mode === 'value' ? read[i]?.value ?? '' : ''))
    this.tell(read, followed)
  }

  instants() { // of A and B, in x
    const {state, traces} = this.last, lead = traces[0]
    const [start, end] = lead.ends, span = end - start, trigger = overTime(state) ? state.trigger?.at ?? null : null
    const x = (share) => trigger === null ? lead.x0 + start + share * span : (share - trigger) * span
    const text = (value) => trigger === null && lead.clock ? clock(value, span) : engineering(value, lead.x_unit, 4)
    const [a, b] = this.at.x, delta = (b - a) * span
    return [
      {key: 'A', label: 'A', value: text(x(a))}, {key: 'B', label: 'B', value: text(x(b))},
      {key: 'd', label: '\u0394', value: engineering(delta, lead.x_unit)},
      ...(state.display === 'xy' ? [] : [{key: 'i', label: '1/\u0394', value: delta ? engineering(1 / Math.abs(delta), inverse(lead.x_unit)) : '---'}]),
    ]
  }

  levels() { // of A and B, in y of the channel that is chosen
    const {traces, selected} = this.last, own = traces.find((trace) => trace.name === selected) ?? traces[0]
    const [bottom, top] = own.limits, [a, b] = this.at.y.map((share) => bottom + share * (top - bottom))
    const text = (value) => engineering(value, own.unit), color = own.color
    for (const line of this.lines.y) line.root.style.setProperty('--channel', color)
    return [{key: 'A', label: `A ${own.label}`, value: text(a), color}, {key: 'B', label: 'B', value: text(b), color},
      {key: 'd', label: '\u0394', value: text(b - a), color}]
  }

  followed() { // each trace at A and B: the line through its samples, or else the nearest point that is drawn
    const lined = this.last.state.display === 'yt'
    const found = this.last.traces.map((trace) => ({trace, points: this.at.x.map((share) => read(trace, share, lined))}))
      .filter(({points}) => points.every(Boolean))
    this.point(found.flatMap(({trace, points}) => points.map((point) => ({...point, color: trace.color}))))
    return found.map(({trace, points: [a, b]}) => ({
      slot: trace.slot, label: trace.label, color: trace.color, near: trace.near,
      values: [a.y, b.y, b.y - a.y].map((y) => engineering(y, trace.unit)),
    }))
  }

  point(points) { // a ring on each trace where it is read
    while (this.dots.length > points.length) this.dots.pop().remove()
    while (this.dots.length < points.length) this.dots.push(this.overlay.appendChild(el('i', {className: 'ring'})))
    points.forEach(({across, up, color}, i) => {
      this.dots[i].style.cssText = `left:${across * 100}%;top:${(1 - up) * 100}%;--channel:${color}`
      this.dots[i].hidden = up < 0 || up > 1
    })
  }

  tell(read, followed) {
    const brief = followed.map((one) => ({key: one.slot, label: `${one.label} A, B`, value: one.values.slice(0, 2).join('  '), color: one.color, long: true,
      title: `\u0394 ${one.values[2]}${one.near ? '; the points of the screen stand for more samples than are drawn' : ''}`}))
    this.bar.fill('cursors', [...read, ...brief])
    const rows = [...read.map((one) => [one.label, one.value, one.color]),
      ...followed.flatMap((one) => ['A', 'B', '\u0394'].map((name, i) => [`${one.label} ${name}`, one.values[i], one.color]))]
    while (this.table.children.length > rows.length) this.table.lastChild.remove()
    rows.forEach(([label, value, color], i) => {
      const row = this.table.children[i] ?? this.table.appendChild(el('div', {}, el('span'), el('output')))
      row.style.setProperty('--channel', color ?? 'var(--text)')
      show(row.firstChild, label)
      show(row.lastChild, value)
    })
  }
}


function read({x, y, near, ends: [start, end], limits: [bottom, top]}, share, lined) {
  const at = start + share * (end - start)
  let best = -1, distance = Infinity, before = -1, ordered = lined && !near
  for (let i = 0; i < x.length; i++) {
    const off = Math.abs(x[i] - at)
    if (off < distance && y[i] === y[i]) { best = i; distance = off }
    if (x[i] <= at) before = i
    if (i && x[i] < x[i - 1]) ordered = false
  }
  if (best < 0) return null
  const ahead = (at - x[before]) / (x[before + 1] - x[before]), between = ordered ? y[before] + ahead * (y[before + 1] - y[before]) : NaN
  const [value, place] = between === between ? [between, share] : [y[best], clamp((x[best] - start) / (end - start))]
  return {y: value, across: place, up: (value - bottom) / (top - bottom)}
}
