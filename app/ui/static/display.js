// The readouts, the same on the front panel and on the page that only watches.
import {el, keyed, show} from './parts.js'
import {described, told} from './path.js'
import {parsed} from './units.js'

const $ = (id) => document.getElementById(id)

export function status(state) { // the line above the screen, and the axis below it
  lamp(state)
  across(state)
  show($('status-rate'), state.rate)
  show($('status-samples'), state.samples)
  const made = [state.acquisition?.said, state.display === 'xy' && state.xy?.said].filter(Boolean).join(', ')
  show($('status-made'), made)
  $('status-made').hidden = !made
  show($('status-lost'), told(state.channels))
  show($('status-viewers'), String(state.viewers))
  notices(state.notices ?? [])
  axis(state.axis)
  trigger(state)
}

const STILL = ['STOP', 'HISTORY'] // true of the screen also while nothing is heard
let sweep = {lamp: 'WAIT', quiet: false}
function lamp({lamp: word, rate}) {
  sweep = {lamp: word, quiet: ["TRIG'D", 'AUTO', 'ROLL'].includes(word) && parsed(rate) === 0}
  light()
}

function light() { // it says no more than is known
  const {lamp: word, quiet} = sweep, away = gone()
  show($('lamp'), away && !STILL.includes(word) ? '---' : word)
  if ($('lamp').dataset.lamp !== word) $('lamp').dataset.lamp = word
  $('lamp').classList.toggle('quiet', quiet)
  const title = away ? 'Not known: the connection is gone, and this is the last picture that came' : quiet ? 'The last sweep: no sample comes at the moment' : 'What the sweep does'
  if ($('lamp').title !== title) $('lamp').title = title
}

function across({timebase, display, spectrum}) { // the x axis: time, or frequency
  const lines = display === 'fft' && spectrum?.div ? spectrum : null, scale = $('status-timebase'), more = $('status-spectrum')
  show(scale, `${lines?.div ?? timebase}/div`)
  show(scale.previousElementSibling, lines ? 'f' : 'T')
  more.hidden = !lines
  const [centre, resolution] = more.querySelectorAll('output')
  if (lines) { show(centre, lines.centre); show(resolution, lines.rbw) }
}

const KINDS = {edge: {rising: 'rising', falling: 'falling', either: 'either'}, pulse: 'pulse', window: 'window', runt: 'runt', timeout: 'timeout'}
let triggering = '' // the channel that did so last: in the past there is none
function trigger({trigger: t, channels}) { // source, kind, level and mode
  triggering = t?.source || t?.lead || triggering
  const line = $('status-trigger'), lead = t && channels.find((c) => c.name === triggering)
  line.hidden = !lead
  if (!lead) return
  const [source, level, mode] = line.children, kind = KINDS[t.kind] ?? t.kind
  show(source, lead.label)
  source.style.color = lead.color
  show(level, `${kind[t.slope] ?? kind} ${['window', 'runt'].includes(t.kind) ? `${t.low} to ${t.high}` : t.level}`)
  show(mode, t.mode === 'normal' ? 'Normal' : 'Auto')
}

export function delay(ms) { show($('status-delay'), ms === null ? '\u2013' : `${Math.round(ms)} ms`) }

export function notices(texts) { // what the server has to say to all who look
  const place = $('notice'), text = texts.join(' ')
  show(place, text)
  place.hidden = !text
}

export const AWAY = 'reconnecting\u2026'
const complaints = new Map(), gone = () => [...complaints.values()].includes(AWAY)
export function connection(who, text) { // what is wrong with which connection, if anything is
  complaints.set(who, text)
  const said = [...complaints.values()].find(Boolean) ?? ''
  show($('connection'), said)
  $('connection').title = said
  $('instrument').classList.toggle('away', gone())
  light()
}

function axis({clock, at, span}) {
  const outputs = $('axis').children
  at.forEach((x, i) => show(outputs[i], clock ? time(x, span) : x))
}

function time(x, span) { // time of day, as fine as the screen resolves
  const at = new Date(Math.floor(x) * 1000)
  if (isNaN(at)) return ''
  const digits = Math.min(9, Math.max(0, Math.ceil(3 - Math.log10(span))))
  const text = at.toLocaleTimeString([], {hour12: false})
  const date = span > 43200 ? at.toLocaleDateString([], {month: 'short', day: 'numeric'}) + ' ' : ''
  return date + text + (digits ? (x - Math.floor(x)).toFixed(Math.min(digits, 6)).slice(1) : '')
}

export function boxes(channels, tag, adapt = () => {}) { // one box for each channel; adapt(box, channel) does the rest
  keyed($('boxes'), channels, () => el(tag, {className: 'box'}, el('b'), el('span', {className: 'label'}),
    el('output', {className: 'units'}), el('output', {className: 'value'}), el('output', {className: 'rate'})), (box, c) => {
    const [number, label, scale, value, rate] = box.children
    show(number, String(c.number)); show(label, c.label); show(scale, `${c.ac ? 'AC ' : ''}${c.units}/div`); show(value, c.value); show(rate, c.rate)
    box.classList.toggle('off', !c.on)
    const title = `${c.label}: ${c.total} samples${c.figure ? ', drawn as a figure' : ''}; ${described(c)}`
    if (box.title !== title) box.title = title
    adapt(box, c)
  })
  if (!channels.length && !$('boxes').children.length) $('boxes').append(el('span', {className: 'none', textContent: 'No channel yet'}))
}
