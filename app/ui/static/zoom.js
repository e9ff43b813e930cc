// Zoom: the strip of the main window, its own view of the frames, and the knobs for it.
import {el, Knob} from './parts.js'
import {key, light} from './fields.js'
import {Feed} from './feed.js'
import {Strip} from './strip.js'

const LEFT_OUT = /^(m|gate|display|single|force|fft\..*|sg\..*|xy\..*)$/ // parts of the screen's view that are not of the strip
const ENOUGH = 1 / 200 // of the strip may be missing at its right end

export function zoom(root, glass, command) {
  const strip = new Strip(glass, {
    moved: (left, width) => command(aimed(left, width)),
    turned: (clicks) => command({do: 'timebase', clicks}),
    stepped: (clicks) => command({do: 'delay', clicks}),
  })
  const toggle = () => command({do: 'zoom', on: !now.zoom})
  const on = key('Zoom', 'A strip above the screen shows the main window, the screen a part of it (Z)', toggle, {id: 'zoom'})
  const main = new Knob('Main/div', 'main', 'timebase of the strip', (turn) => command({do: 'main', ...turn}))
  root.append(el('div', {className: 'row beside'}, on), main.root)
  main.root.hidden = true
  let feed = null, now = {}, shown = null, resting = null

  function update(state, traces, tab) { // with every picture
    now = {zoom: state.knobs?.zoom, trigger: state.trigger, lamp: state.lamp, running: tab.running, own: lying(state, traces)}
    light(on, Boolean(now.zoom))
    main.root.hidden = strip.root.hidden = !now.zoom
    glass.classList.toggle('zoomed', Boolean(now.zoom))
    if (!now.zoom || tab.view === undefined) return close()
    if (tab.running) resting = null
    else resting ??= centre()
    const query = surroundings(tab.view)
    feed ??= new Feed({screen: {draw, forget: () => {}}, query, shown: () => {}, told: () => {}, lost: () => {}, aside: true})
    if (query !== feed.query) { feed.watch(query); feed.release() }
    if (tab.vertical && feed.vertical !== tab.vertical) feed.turn(tab.vertical)
    if (tab.running) feed.release()
    strip.tint(Object.fromEntries(traces.map(({slot, color}) => [slot, color])))
    main.show(now.zoom.reads)
    strip.tell(`Main ${now.zoom.reads}/div`, `\u00d7 ${Number((now.zoom.main[0] / now.zoom.screen[0]).toPrecision(3))}`)
    mark()
  }

  function close() {
    feed?.close()
    feed = shown = resting = null
  }

  function draw(frame, vertical) {
    if (!now.running && shown && !covers(frame)) return feed.hold() // too late: what was there at Stop stays
    shown = frame
    strip.draw(frame, vertical)
    mark()
    if (!now.running && whole(frame)) feed.hold()
  }

  function mark() { // where the screen lies on the strip
    const [own, wide] = pair()
    if (!wide || wide.kind === 'xy') return strip.mark(null, '')
    const [screen, at] = instants(), width = own.span / span(wide)
    const left = at === undefined ? (own.left - start(wide)) / span(wide) : at - screen * width
    strip.mark({left, width}, now.trigger?.delay ?? '')
  }

  function pair() { // the screen, and the trace of the strip by which it is found
    const traces = [...shown?.traces.values() ?? []], {own} = now
    return [own, own && (traces.find((trace) => trace.slot === own.slot) ?? traces.find((trace) => trace.channel === shown.lead) ?? traces[0])]
  }

  function centre() { // absolute x in the middle of the main window of a screen at rest
    const {own, trigger, zoom: {main: [units, delay], screen}} = now
    if (!own || trigger?.history) return null
    const share = parseFloat(trigger?.position ?? '50') / 100, wide = 10 * units
    if (trigger?.at != null) return own.left + trigger.at * own.span + delay + (0.5 - share) * wide
    return own.left + own.span - Math.min(screen[1], 0) + Math.min(delay, 0) - wide / 2
  }

  function surroundings(view) { // the query of the strip's view
    const query = new URLSearchParams(view), [units, delay] = now.zoom.main, [own] = now.zoom.screen
    for (const name of [...query.keys()]) if (LEFT_OUT.test(name)) query.delete(name)
    query.set('tb', units)
    if (resting !== null) query.set('at', resting)
    else if (query.has('at')) query.set('at', beside(Number(query.get('at')), 5 * (units - own)))
    query.delete('delay')
    if (delay && !query.has('at')) query.set('delay', delay)
    return query.toString()
  }

  let last = null
  function beside(at, room) { // the past: the strip stays where it is as long as the screen lies within
    if (last === null || Math.abs(at - last) > room) last = at
    return last
  }

  function aimed(left, width) { // what moves the screen to a part of the strip
    const [own, wide] = pair(), whole = span(wide), goal = width * whole
    const units = Number(Math.min(goal / 10, now.zoom.main[0]).toPrecision(3))
    if (now.trigger?.history) return {do: 'window', units, x: start(wide) + (left + width / 2) * whole}
    return {do: 'window', units, delay: Number(delayed(own, wide, left, width).toPrecision(9))}
  }

  function delayed(own, wide, left, width) { // of a screen that begins there on the strip
    const whole = span(wide), at = now.trigger?.at ?? null, reference = parseFloat(now.trigger?.position ?? '50') / 100 * width * whole
    if (at === null) return Math.min((left + width - 1) * whole + Math.min(now.zoom.main[1], 0), 0) // both go with the newest sample
    const instant = instants()[1] ?? (own.left + at * own.span - start(wide)) / whole
    return (left - instant) * whole + reference
  }

  function instants() { // shares of screen and strip at which the trigger is, if both have one
    const at = now.trigger?.at ?? null, wide = shown?.readouts.trigger?.at ?? null
    return at === null || wide === null ? [] : [at, wide]
  }

  function covers(frame) { // whether a strip has all that the screen shows
    const {own} = now, wide = own && (frame.traces.get(own.slot) ?? [...frame.traces.values()].find((trace) => trace.channel === frame.lead))
    if (!(wide?.x.length > 1)) return false
    const room = ENOUGH * span(wide)
    return wide.x0 + wide.x[0] <= own.left + room && wide.x0 + wide.x.at(-1) >= own.left + own.span - room
  }

  return {update, toggle}
}

function lying({display, window}, [lead]) { // where the screen begins, and how much of x it shows; its traces are fresher than what is told
  if (lead && (display === 'yt' || display === 'spectrogram')) return {slot: lead.slot, left: start(lead), span: span(lead)}
  return window && display !== 'yt' ? {left: window[0], span: window[1]} : null
}

const span = (trace) => trace.ends[1] - trace.ends[0]
const start = (trace) => trace.x0 + trace.ends[0]
const whole = ({traces}) => [...traces.values()].every(({x, ends: [left, right]}) => x.length && x.at(-1) >= right - ENOUGH * (right - left))
