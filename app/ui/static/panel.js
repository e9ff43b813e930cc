// The front panel: shows the state that the server sends, and asks it for what a person turns.
import {ask, copy, el, show, Knob} from './parts.js'
import {connect} from './connection.js'
import {keys} from './keys.js'
import {sending} from './sending.js'

const state = {channels: []}
let selected = null

const $ = (id) => document.getElementById(id)
const channel = () => state.channels.find((c) => c.name === selected)
const command = (words) => document.dispatchEvent(new CustomEvent('scope:command', {detail: words}))

const timebase = new Knob('Units/div', 'timebase', 'Left and right arrow',
  (turn) => command({do: 'timebase', ...turn}))
const units = new Knob('Units/div', 'units', 'Down and up arrow',
  (turn) => command({do: 'units', channel: selected, ...turn}))
const position = new Knob('Position', 'position', 'Shift with down and up arrow',
  (turn) => command({do: 'position', channel: selected, ...turn}))
const name = el('input', {id: 'label', maxLength: 32, spellcheck: false, ariaLabel: 'Name of the channel'})
const toggle = el('button', {className: 'key', id: 'switch', title: 'Draw this channel, or not (its number)'})
const remove = el('button', {className: 'key danger', id: 'delete', textContent: 'Delete\u2026',
  title: 'Remove this channel and its samples, for everybody'})

function build() {
  $('horizontal').append(timebase.root)
  $('vertical').append(units.root, position.root,
    el('div', {className: 'name'}, el('label', {htmlFor: 'label', textContent: 'Name'}), name),
    el('div', {className: 'row'}, toggle, remove))
  $('run').onclick = () => command({do: 'run'})
  $('autoset').onclick = () => command({do: 'autoset'})
  $('clear').onclick = () => command({do: 'clear'})
  $('share').onclick = () => copy(location.href, $('share'))
  $('drawer').onclick = () => $('drawer').ariaExpanded = String($('panel').classList.toggle('open'))
  name.onchange = () => command({do: 'label', channel: selected, text: name.value})
  name.onkeydown = (event) => { if (event.key === 'Enter') name.blur() }
  toggle.onclick = () => command({do: 'switch', channel: selected, on: !channel()?.on})
  remove.onclick = async () => {
    const which = selected // by the time of the answer another one may be
    const text = `Remove ${channel()?.label} and its samples, for everybody who watches?`
    if (await ask(text, 'Delete')) command({do: 'delete', channel: which})
  }
  for (const group of document.querySelectorAll('.group')) remember(group)
  $('glass').addEventListener('wheel', wheel, {passive: false})
  pinch($('glass'))
  sending($('send'), $('empty'), $('stop-demo'), command)
  keys({command, select: (n) => number(n), selected: () => selected, copy: () => $('share').click()})
}

function remember(group) {
  const key = 'group.' + group.dataset.group
  const kept = localStorage.getItem(key)
  if (kept !== null) group.open = kept === 'open'
  group.addEventListener('toggle', () => localStorage.setItem(key, group.open ? 'open' : 'closed'))
}

let turned = 0
function wheel(event) { // over the screen: the timebase; near its left border: units/div of the channel
  if (event.target.closest('#empty')) return
  event.preventDefault()
  turned += event.deltaY
  if (Math.abs(turned) < 40) return
  const clicks = turned > 0 ? 1 : -1
  turned = 0
  if (event.clientX - $('glass').getBoundingClientRect().left < 40 && selected) command({do: 'units', channel: selected, clicks})
  else command({do: 'timebase', clicks})
}

function pinch(glass) { // two fingers: the timebase follows their distance
  let before = 0
  const distance = (touches) => Math.hypot(touches[0].clientX - touches[1].clientX, touches[0].clientY - touches[1].clientY)
  glass.addEventListener('touchstart', (event) => { if (event.touches.length === 2) before = distance(event.touches) })
  glass.addEventListener('touchmove', (event) => {
    if (event.touches.length !== 2) return
    event.preventDefault()
    const ratio = distance(event.touches) / before
    if (ratio > 1.5 || ratio < 1 / 1.5) {
      command({do: 'timebase', clicks: ratio > 1 ? -1 : 1})
      before = distance(event.touches)
    }
  }, {passive: false})
}

function number(n) { // the key 1..8: select the channel; again: switch it on or off
  const found = state.channels.find((c) => c.number === n)
  if (!found) return
  if (selected === found.name) command({do: 'switch', channel: selected, on: !found.on})
  else select(found.name)
}

function select(which) {
  selected = which
  channels()
}

function update(changed) {
  if (changed.error) toast(changed.error)
  Object.assign(state, changed)
  if ('lamp' in changed) { show($('lamp'), state.lamp); $('lamp').dataset.lamp = state.lamp }
  if ('timebase' in changed) { show($('status-timebase'), state.timebase + '/div'); timebase.show(state.timebase) }
  if ('rate' in changed) show($('status-rate'), state.rate)
  if ('samples' in changed) show($('status-samples'), state.samples)
  if ('viewers' in changed) show($('status-viewers'), String(state.viewers))
  if ('running' in changed) running()
  if ('whole' in changed && !state.whole) toast('More samples than a stopped screen can keep: the newest ones are kept.')
  if ('following' in changed) $('autoset').classList.toggle('lit', state.following)
  if ('axis' in changed) axis(state.axis)
  if ('channels' in changed) channels()
  if ('query' in changed) history.replaceState(null, '', location.pathname + (state.query ? '?' + state.query : ''))
  document.dispatchEvent(new CustomEvent('scope:shown', {detail: state}))
}

function running() {
  show($('run'), state.running ? 'Stop' : 'Run')
  $('run').classList.toggle('stopped', !state.running)
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

function channels() {
  if (!channel()) selected = state.channels.find((c) => c.on)?.name ?? state.channels[0]?.name ?? null
  keyed($('selector'), state.channels, () => {
    const button = el('button', {className: 'key', role: 'tab'})
    button.onclick = () => select(button.dataset.name)
    return button
  }, (button, c) => { show(button, String(c.number)); button.ariaSelected = String(c.name === selected); button.title = c.label })
  keyed($('boxes'), state.channels, box, fill)
  if (!state.channels.length && !$('boxes').children.length) $('boxes').append(el('span', {className: 'none', textContent: 'No channel yet'}))
  const c = channel()
  $('vertical').closest('details').hidden = !c
  if (!c) return
  units.show(c.units)
  position.show(c.position)
  if (document.activeElement !== name) name.value = c.label
  show(toggle, c.on ? 'On' : 'Off')
  toggle.classList.toggle('lit', c.on)
}

function keyed(parent, items, make, fillIn) { // one child for each channel, kept while the channel lives
  const kept = new Map([...parent.children].map((child) => [child.dataset.name, child]))
  items.forEach((item, i) => {
    const child = kept.get(item.name) ?? make()
    kept.delete(item.name)
    child.dataset.name = item.name
    child.style.setProperty('--channel', item.color)
    fillIn(child, item)
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null)
  })
  for (const gone of kept.values()) gone.remove()
}

function box() {
  const made = el('button', {className: 'box'}, el('b'), el('span', {className: 'label'}),
    el('output', {className: 'units'}), el('output', {className: 'value'}), el('output', {className: 'rate'}))
  made.onclick = () => select(made.dataset.name)
  made.ondblclick = () => number(state.channels.find((c) => c.name === made.dataset.name)?.number)
  return made
}

function fill(child, c) {
  const [tag, label, scale, value, rate] = child.children
  show(tag, String(c.number)); show(label, c.label); show(scale, c.units + '/div'); show(value, c.value); show(rate, c.rate)
  child.classList.toggle('selected', c.name === selected)
  child.classList.toggle('off', !c.on)
  child.title = `${c.label}: ${c.total} samples${c.figure ? ', drawn as a figure' : ''}`
}

let hiding = 0
function toast(text) {
  show($('toast'), text)
  $('toast').hidden = false
  clearTimeout(hiding)
  hiding = setTimeout(() => { $('toast').hidden = true }, 5000)
}

build()
document.addEventListener('scope:state', (event) => update(event.detail))
connect($('connection'), (reason) => { toast(reason); clearTimeout(hiding) })
