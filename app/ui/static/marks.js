// Marks over the screen: T above it at the trigger's instant, T beside it at the level, zero of each trace. All can be dragged.
import {el, show} from './parts.js'
import {another, drag, seldom} from './drag.js'
import {fine} from './units.js'

const LINGERS = 2000 // ms that the line of a level is seen after it was turned
const SETTLES = 600 // ms after a drag before the mark goes by what the server says
const PIXELS = 500 // of a screen, about: a drag is not finer
const clamp = (share) => Math.min(Math.max(share, 0), 1)

class Mark {
  constructor(overlay, kind, label, {vertical, dropped, step}) {
    this.line = el('i', {className: `line ${vertical ? 'across' : 'down'}`, hidden: true})
    this.tip = el('output', {hidden: true})
    this.root = el('div', {className: `mark ${kind}`, role: 'slider', tabIndex: 0, ariaLabel: label, title: label, ariaValueMin: '0', ariaValueMax: '100',
      ariaOrientation: vertical ? 'vertical' : 'horizontal'}, el('b'), this.tip)
    overlay.append(this.line, this.root)
    Object.assign(this, {vertical, local: null, share: null})
    const send = seldom((share) => dropped(share, {drag: this.drag})), size = () => overlay.getBoundingClientRect()
    drag(this.root, {
      begin: () => { this.held = true; this.drag = another() },
      move: (x, y) => {
        const box = size()
        this.local = clamp(vertical ? 1 - (y - box.top) / box.height : (x - box.left) / box.width)
        send(this.local)
        this.draw()
        this.linger()
      },
      end: () => { this.held = false; setTimeout(() => { if (!this.held) this.local = null }, SETTLES); this.linger() },
    })
    this.root.addEventListener('keydown', (event) => {
      const way = {ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1}[event.key]
      if (!way || vertical !== (event.key === 'ArrowUp' || event.key === 'ArrowDown')) return
      event.preventDefault()
      step(way)
    })
  }

  put(share, sign, text, color) { // where, as a share from the left or from the bottom; null: nowhere
    const turned = this.text !== undefined && text !== this.text && share !== null
    Object.assign(this, {share, sign, text, color})
    this.draw()
    return turned
  }

  draw() {
    const share = this.local ?? this.share
    this.root.hidden = share === null
    if (share === null) { this.line.hidden = true; return }
    const at = `${((this.vertical ? 1 - clamp(share) : clamp(share)) * 100).toFixed(2)}%`, side = this.vertical ? 'top' : 'left'
    const away = share > 1 ? 1 : share < 0 ? -1 : 0
    const inside = `clamp(8px, ${at}, 100% - 8px)`
    if (this.placed !== inside) {
      this.placed = inside
      this.root.style[side] = inside
      this.line.style[side] = at
    }
    for (const element of [this.root, this.line]) {
      if (element.style.getPropertyValue('--channel') !== this.color) element.style.setProperty('--channel', this.color)
    }
    const sign = away === 0 ? this.sign : this.vertical ? (away > 0 ? '\u25b4' : '\u25be') : (away > 0 ? '\u25b8' : '\u25c2')
    show(this.root.firstChild, sign)
    show(this.tip, this.text)
    if (this.root.ariaValueText !== this.text) {
      this.root.ariaValueText = this.text
      this.root.ariaValueNow = String(Math.round(100 * clamp(share)))
    }
  }

  linger() { // the line and the value, until some time after the last turn
    this.line.hidden = this.tip.hidden = false
    clearTimeout(this.hiding)
    this.hiding = setTimeout(() => { this.line.hidden = this.tip.hidden = true }, LINGERS)
  }

  remove() { this.root.remove(); this.line.remove() }
}

export const overTime = ({display}) => display === 'yt' || display === 'spectrogram' // whether x is that of the samples

export function marks(overlay, command) {
  let now = {trigger: null, traces: [], channels: []}
  const source = () => now.traces.find((trace) => trace.slot === now.trigger?.slot)
  const instant = new Mark(overlay, 'instant', 'Trigger: drag to delay', {
    vertical: false, step: (way) => command({do: 'delay', clicks: -way}),
    dropped: (share, how) => {
      const trace = now.traces[0]
      if (!trace) return
      const span = trace.ends[1] - trace.ends[0]
      command({do: 'delay', text: fine((parseFloat(now.trigger.position) / 100 - share) * span, span / PIXELS), ...how})
    },
  })
  const levels = [0, 1].map((which) => new Mark(overlay, 'level', 'Trigger level: drag, or [ and ]', {
    vertical: true, step: (way) => command({do: 'trigger', field: field(which), clicks: way}),
    dropped: (share, how) => {
      const trace = source()
      if (!trace) return
      const [bottom, top] = trace.limits
      command({do: 'trigger', field: field(which), text: fine(bottom + share * (top - bottom), (top - bottom) / PIXELS), ...how})
    },
  }))
  const grounds = new Map()
  const field = (which) => now.trigger.marks.length < 2 ? 'level' : ['low', 'high'][which]

  function ground(name) {
    return new Mark(overlay, 'ground', `Zero of ${name}: drag to move the trace`, {
      vertical: true, step: (way) => command({do: 'position', channel: name, clicks: way}),
      dropped: (share, how) => command({do: 'position', channel: name, text: fine(share * 8 - 4, 0.02), ...how}),
    })
  }

  return (state, traces) => {
    now = {trigger: state.trigger, traces, channels: state.channels}
    const t = state.trigger, held = overTime(state), trace = source()
    const color = trace?.color ?? 'var(--trigger)'
    instant.put(t && held && t.at != null ? t.at : null, 'T', t?.delay ?? '', color)
    levels.forEach((level, which) => {
      const y = t && trace && state.display === 'yt' ? t.marks[which] : undefined
      const text = t ? {level: t.level, low: t.low, high: t.high}[field(which)] ?? '' : ''
      const share = y === undefined ? null : (y - trace.limits[0]) / (trace.limits[1] - trace.limits[0])
      if (level.put(share, 'T', text, color) && !t.automatic) level.linger()
    })
    const wanted = new Map(['fft', 'spectrogram'].includes(state.display) ? [] : traces.filter((one) => one.name).map((one) => [one.name, one]))
    for (const [name, mark] of grounds) if (!wanted.has(name)) { mark.remove(); grounds.delete(name) }
    for (const [name, {limits: [bottom, top], color: own}] of wanted) {
      if (!grounds.has(name)) grounds.set(name, ground(name))
      const c = state.channels.find((one) => one.name === name), zero = ((c?.ac ? c.mean : 0) - bottom) / (top - bottom)
      grounds.get(name).put(zero, '', `${(zero * 8 - 4).toFixed(2)} div`, own)
    }
  }
}
