// The front panel: shows the state that the server sends, and asks it for what a person turns.
import {copy, show} from './parts.js'
import {AWAY, connection, delay, status} from './display.js'
import {light} from './fields.js'
import {Look, tinted, tintedToo} from './colours.js'
import {connect} from './connection.js'
import {acquire} from './acquire.js'
import {appearance} from './appearance.js'
import {Bar} from './bar.js'
import {Cursors} from './cursors.js'
import {Feed} from './feed.js'
import {Screen} from './screen.js'
import {Vertical} from './vertical.js'
import {display} from './spectrum.js'
import {gestures} from './gestures.js'
import {help} from './help.js'
import {history as retained} from './history.js'
import {horizontal} from './horizontal.js'
import {keys} from './keys.js'
import {marks, overTime} from './marks.js'
import {maths} from './maths.js'
import {dataPath} from './path.js'
import {pins} from './pins.js'
import {measure} from './measure.js'
import {persistence} from './persistence.js'
import {record} from './record.js'
import {save} from './save.js'
import {setups} from './setups.js'
import {sending} from './sending.js'
import {decoded, pictured} from './raster.js'
import {spectrogram} from './spectrogram.js'
import {summary} from './summary.js'
import {trigger} from './trigger.js'
import {crossed} from './xy.js'
import {zoom} from './zoom.js'

const state = {channels: []}, tab = {answered: 0}
let readings = null, screen = null, feed = null, asked = 0, found = []

const $ = (id) => document.getElementById(id)
const command = (words) => document.dispatchEvent(new CustomEvent('scope:command', {detail: words}))
const press = (what) => () => command({do: what})
const bar = new Bar($('bar'))
const look = new Look(() => repaint())
const vertical = new Vertical(command), cursors = new Cursors($('cursors'), $('overlay'), bar, command)
const triggered = trigger($('trigger'), command), drawn = marks($('overlay'), command)
const shown = display($('display-group'), $('overlay'), bar, command), colours = appearance($('display-group'), look, command)
const glows = persistence($('display-group'), $('glass'), command)
const gram = spectrogram($('display-group'), $('overlay'), $('glass'), bar, command)
const plane = crossed($('display-group'), $('overlay'), $('axis'), command)
const saved = save($('save'), command, captured, toast), helped = help($('help-key'))
const past = {
  allowed: () => state.trigger && overTime(state),
  there: () => state.knobs?.history ?? false,
  leave: () => { if (state.trigger?.history) command({do: 'live'}) },
}
const hands = gestures($('glass'), $('overlay'), {command, selected: () => vertical.selected, fine: () => vertical.fine, traces, past})
const across = horizontal($('horizontal'), command), zoomed = zoom($('horizontal'), $('glass'), command)
const groups = [across, triggered.update, acquire($('acquire'), command), measure($('measure'), bar, command, cursors), maths($('maths'), command), summary($('summary'), traces), dataPath($('path'))]
const hits = retained($('history'), command, {
  query: () => tab.query ?? '', complain: toast,
  axis: () => ({clock: readings?.trigger?.dated, unit: readings?.trigger?.x_unit ?? ''}),
})
groups.push(hits.update)
const kits = setups($('setups'), command), recorder = record($('record-group'), command), drawer = pins($('pins'), command, () => feed?.drawn ?? 0)

function build() {
  $('run').onclick = run
  for (const id of ['autoset', 'clear', 'single', 'force', 'undo', 'live']) $(id).onclick = press(id)
  $('share').onclick = () => copy(location.href, $('share'))
  $('drawer').onclick = () => slide(!$('panel').classList.contains('open'))
  for (const group of document.querySelectorAll('.group')) remember(group)
  vertical.chosen = marked
  sending($('send'), $('empty'), $('stop-demo'), command)
  keys({
    command, run, select: (n) => vertical.number(n), selected: () => vertical.selected, finely: (turned) => vertical.finely(turned), mode: triggered.mode, slope: triggered.slope,
    cursors: () => cursors.next(), spectrum: shown.toggle, xy: plane.toggle, persistence: glows.toggle, zoom: zoomed.toggle, past: () => state.trigger?.history ? command({do: 'live'}) : past.allowed() && hands.enter(),
    pin: drawer.keep, earlier: hits.earlier, later: hits.later, help: helped.toggle, close: () => { helped.close(); slide(false) }, save: saved.picture,
  })
}

function slide(open) { // of a small screen that lies on its side
  const back = !open && $('panel').contains(document.activeElement)
  $('drawer').ariaExpanded = String($('panel').classList.toggle('open', open))
  if (open && getComputedStyle($('drawer')).display !== 'none') $('run').focus()
  else if (back && getComputedStyle($('drawer')).display !== 'none') $('drawer').focus()
}

function remember(group) {
  const key = 'group.' + group.dataset.group
  const kept = localStorage.getItem(key)
  group.ariaLabel = group.querySelector('summary').textContent
  if (kept !== null) group.open = kept === 'open'
  group.addEventListener('toggle', () => localStorage.setItem(key, group.open ? 'open' : 'closed'))
}

function update(changed) { // from this tab: what is its own
  if (changed.error) toast(changed.error)
  if (!feed) begin(changed)
  Object.assign(tab, changed)
  if ('view' in changed) feed.watch(tab.view)
  if ('running' in changed) running()
  if ('whole' in changed && !tab.whole) toast('More samples than a stopped screen can keep: the newest ones are kept.')
  if ('following' in changed) $('autoset').classList.toggle('lit', tab.following)
  if ('query' in changed) {
    history.replaceState(null, '', location.pathname + (tab.query ? '?' + tab.query : ''))
    $('watch').href = 'watch' + (tab.query ? '?' + tab.query : '')
    saved.aim()
  }
  if (changed.knobs) { look.take(changed.knobs.look); cursors.take(changed.knobs.look.cursors) }
  if ('vertical' in changed) feed.turn(tab.vertical)
  if ('pins' in changed || 'pin' in changed) drawer.update(tab.pins, tab.pin)
  if ('setups' in changed) kits(tab.setups)
  if ('recordings' in changed || 'recording' in changed) recorder({...tab.recordings, all: [...tab.recording, ...tab.recordings.all].sort((a, b) => b.id - a.id)})
  if (changed.readouts) readings = changed.readouts
  if ('image' in changed) gram.show(decoded(changed.image))
  refresh()
}

function begin({view}) { // the plot is there: live from now on
  screen = new Screen(Bokeh.documents[0])
  screen.paint()
  feed = new Feed({
    screen, query: view,
    shown: (frame) => {
      if (readings !== frame.readouts) { readings = frame.readouts; refresh() } else marked()
      glows.draw(found)
      gram.show(pictured(frame))
      if (tab.running && tab.answered >= asked && readings.lamp === 'STOP') run() // Single is done: stand still on exactly this frame
    },
    told: ({latency, error}) => { if (latency !== undefined) delay(latency); if (error) toast(error) },
    lost: (away) => connection('feed', away ? AWAY : ''),
  })
}

function refresh() { // what is on the panel: the readings of the view, and over them the knobs of this tab
  if (!readings) return
  const turned = tab.vertical ?? {}
  state.channels = tinted(readings.channels, tab.knobs?.colors).map((c) => ({...c, ...turned[c.name]}))
  Object.assign(state, {...readings, channels: state.channels, measurements: tintedToo(readings.measurements, state.channels), knobs: tab.knobs, checked: tab.checked},
    tab.timebase && {timebase: tab.timebase})
  repaint()
  status(state)
  for (const group of groups) group(state)
  vertical.update(state.channels)
  pressed()
  marked()
  document.dispatchEvent(new CustomEvent('scope:shown', {detail: state}))
}

function repaint() { // what is in the colours of the theme without being HTML
  colours()
  const places = Array.from({length: 8}, (_, slot) => state.channels.find((c) => c.on && c.slot === slot)?.place ?? slot)
  screen?.paint(places)
  if (screen && readings) marked()
}

function pressed() { // the keys of the trigger
  const {trigger: now, knobs} = state
  for (const id of ['single', 'force']) $(id).disabled = !now
  light($('single'), Boolean(tab.running && (knobs?.armed ?? now?.armed)))
  $('undo').disabled = knobs?.undo === false
  $('live').hidden = !now?.history && tab.pin == null
}

function traces() { // what is drawn, each with its channel's name
  const found = screen?.traces() ?? []
  return found.map((trace) => ({...trace, name: state.channels.find((c) => c.on && c.slot === trace.slot)?.name}))
}

function marked() { // what stands over the screen, with every picture
  found = traces()
  glows.update(state, found, tab.view, tab.running)
  zoomed.update(state, found, tab)
  gram.update(state)
  drawn(state, found)
  cursors.update(state, found, vertical.selected)
  shown.update(state, found)
  plane.update(state, found)
}

function captured(kind) { // the address of a file of what is on the screen; a stopped screen is asked for by its place in x
  const [lead] = traces(), query = new URLSearchParams(tab.query ?? '')
  query.delete('pin')
  if (!tab.running && tab.pin == null && lead && state.window) {
    const [left, span] = state.window
    if (!query.has('tb')) query.set('tb', String(span / 10))
    query.set('at', String(left + span / 2))
  }
  for (const [name, value] of look.told()) query.set(name, value)
  const text = query.toString()
  return (tab.pin == null ? `screen.${kind}` : `pins/${tab.pin}.${kind}`) + (text ? '?' + text : '')
}

function running() {
  if (tab.answered >= asked) tab.running ? feed.release() : feed.hold()
  show($('run'), tab.running ? 'Stop' : 'Run')
  $('run').classList.toggle('stopped', !tab.running)
}

function run() { // Stop keeps the picture that is on the glass now
  if (tab.running) feed?.hold()
  command({do: 'run', frame: feed?.drawn ?? 0, asked: ++asked})
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
connect((away) => connection('tab', away ? AWAY : ''), (reason) => { toast(reason); clearTimeout(hiding) })
