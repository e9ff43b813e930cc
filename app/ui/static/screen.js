// Puts frames into the sources, ranges and marks that HoloViews made. Nothing of it goes back to the server.

import {stroke, tone} from './colours.js'

const SLOTS = 8
const NOTHING = ['', 0, '', false, '', false, null, null]
const EMPTY = () => new Float64Array(0)
const put = (model, values) => model.setv(values, {sync: false})

export class Screen {
  constructor(doc) {
    const figure = this.figure = doc.get_model_by_name('scope')
    const renderer = (name) => figure.renderers.find((one) => one.name === name)
    const named = (name) => renderer(name).data_source
    const range = (ranges, name) => ranges instanceof Map ? ranges.get(name) : ranges[name]
    this.grounds = named('grounds')
    this.signs = renderer('grounds').glyph
    this.slots = Array.from({length: SLOTS}, (_, slot) => ({
      glyph: renderer(String(slot)).glyph, line: named(String(slot)), dots: named('dots' + slot), drawn: true, dotted: true, width: 0,
      x: range(figure.extra_x_ranges, 'x' + slot), y: range(figure.extra_y_ranges, 'y' + slot),
    }))
    this.marked = this.tagged = this.painted = ''
    this.places = this.slots.map((_, slot) => slot)
    this.grid = ['grid', 'axes'].map((name) => renderer(name).glyph)
    for (const [n, slot] of this.slots.entries()) slot.mark = renderer('dots' + n).glyph
    this.grounds.connect(this.grounds.properties.data.change, () => this.gild()) // the server marks in the colours of the dark
  }

  paint(places = this.places) { // the colours of the theme; places in the palette by slot
    this.places = places
    const ground = tone('background'), line = tone('line'), strokes = places.map(stroke), key = JSON.stringify([ground, line, strokes])
    if (key === this.painted) return
    this.painted = key
    put(this.figure, {background_fill_color: ground, border_fill_color: ground})
    for (const glyph of this.grid) put(glyph, {line_color: line})
    put(this.signs, {background_fill_color: ground, background_fill_alpha: 0.8, border_radius: 3, padding: [0, 2]}) // seen also within a filled trace
    this.slots.forEach(({glyph, mark}, slot) => {
      const {color, dash, marker} = strokes[slot]
      put(glyph, {line_color: color, line_dash: dash})
      put(mark, {fill_color: color, marker: {value: marker}})
    })
    this.gild()
    document.documentElement.dataset.painted = ''
  }

  gild() { // the ground markers, whoever put them there
    const {data} = this.grounds, of = (name) => data instanceof Map ? data.get(name) : data[name]
    const colors = [...of('slot')].map((slot) => color(this.slots[slot].glyph))
    if (colors.some((own, i) => own !== of('color')[i])) put(this.grounds, {data: {x: of('x'), y: of('y'), text: of('text'), slot: of('slot'), color: colors}})
  }

  forget() { // the server has drawn meanwhile: nothing is known of what is on the glass
    for (const slot of this.slots) { slot.drawn = slot.dotted = true; slot.width = slot.alpha = 0 }
    this.marked = this.tagged = ''
  }

  draw(frame, vertical) { // vertical: by channel, knobs that a person has turned
    const scale = scaled(vertical, frame.readouts.channels), traces = [...frame.traces.values()]
    this.slots.forEach((slot, n) => this.trace(slot, n, frame.traces.get(n), scale))
    this.mark(traces.map((trace) => [trace.slot, ...scale(trace).ground]))
    this.tag(frame.traces)
  }

  traces() { // what is on the glass, whoever drew it: the feed, or the server at rest
    const found = this.slots.map(({line, x, y, glyph, zero = 0}, slot) => {
      const [label, x0, x_unit, clock, unit, near] = this.figure.tags[slot]
      const of = (name) => line.data instanceof Map ? line.data.get(name + slot) : line.data[name + slot]
      return {slot, label, x0, x_unit, clock, unit, near, x: of('x'), y: of('y'), ends: [x.start, x.end], limits: [y.start, y.end], zero, color: color(glyph)}
    })
    return found.filter((trace) => trace.label && trace.x?.length)
  }

  trace(slot, n, trace, scale) {
    if (!trace) return this.blank(slot, n)
    const [start, end] = scale.ends(trace), {limits: [bottom, top], zero = 0} = scale(trace)
    slot.zero = zero
    put(slot.x, {start, end})
    put(slot.y, {start: bottom, end: top})
    if (slot.width !== trace.width) put(slot.glyph, {line_width: slot.width = trace.width})
    const alpha = trace.alpha ?? 1
    if (slot.alpha !== alpha) put(slot.glyph, {line_alpha: slot.alpha = alpha})
    put(slot.line, {data: {['x' + n]: trace.x, ['y' + n]: trace.y}})
    slot.drawn = true
    if (!trace.dots.length && !slot.dotted) return
    slot.dotted = trace.dots.length > 0
    put(slot.dots, {data: {x: Float64Array.from(trace.dots, (i) => trace.x[i]), y: Float64Array.from(trace.dots, (i) => trace.y[i])}})
  }

  blank(slot, n) {
    if (slot.drawn) put(slot.line, {data: {['x' + n]: EMPTY(), ['y' + n]: EMPTY()}})
    if (slot.dotted) put(slot.dots, {data: {x: EMPTY(), y: EMPTY()}})
    slot.drawn = slot.dotted = false
  }

  mark(grounds) {
    const key = JSON.stringify(grounds)
    if (key === this.marked) return
    this.marked = key
    put(this.grounds, {data: {
      x: grounds.map(() => -5), y: grounds.map(([, y]) => y), text: grounds.map(([,, text]) => text), slot: grounds.map(([slot]) => slot),
      color: grounds.map(([slot]) => color(this.slots[slot].glyph)),
    }})
  }

  tag(traces) { // what the hover text says, with as many decimals as the frame's floats are good for
    const tags = this.slots.map((_, n) => {
      const t = traces.get(n)
      return t ? [t.label, t.x0, t.x_unit, t.clock, t.unit, t.near, decimals(t.most), t.exact ? null : decimals(Math.max(...t.ends.map(Math.abs)))] : NOTHING
    })
    const key = JSON.stringify(tags)
    if (key === this.tagged) return
    this.tagged = key
    put(this.figure, {tags})
  }
}

export function scaled(vertical, channels = []) { // the axes of a trace: with AC coupling its mean is where zero would be
  const mean = (name) => channels.find((c) => c.name === name)?.mean ?? 0
  const scale = (trace) => {
    const own = trace.kind === 'spectrum' || trace.kind === 'image' ? trace : vertical[trace.channel] ?? trace
    if (!own.ac) return own
    const zero = mean(trace.channel)
    return {...own, zero, limits: own.limits.map((y) => y + zero)}
  }
  scale.ends = (trace) => { // of an XY trace: ten divisions, as the knobs of the channel across have them
    const own = trace.across && vertical[trace.across[0]]
    return own ? own.sides.map((x) => x + (own.ac ? mean(trace.across[0]) : 0) - trace.x0) : trace.ends
  }
  return scale
}

const decimals = (most) => most > 0 ? Math.min(20, Math.max(0, Math.floor(-Math.log10(most * 2 ** -23)))) : null

const color = ({line_color}) => line_color.value ?? line_color
