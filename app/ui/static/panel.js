// The front panel: shows the state that the server sends, and asks it for what a person turns.
import {ask, copy, el, show, Knob} from './parts.js'
import {boxes, connection, delay, keyed, status} from './display.js'
import {connect} from './connection.js'
import {Feed} from './feed.js'
import {Screen} from './screen.js'
import {keys} from './keys.js'
import {sending} from './sending.js'

const state = {channels: []}, tab = {answered: 0}
let selected = null, readings = null, screenFeed = null, asked = 0

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
  $('run').onclick = run
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
  keys({command, run, select: (n) => number(n), selected: () => selected, copy: () => $('share').click()})
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

function update(changed) { // from this tab: what is its own
  if (changed.error) toast(changed.error)
  if (!screenFeed) begin(changed)
  Object.assign(tab, changed)
  if ('running' in changed) running()
  if ('whole' in changed && !tab.whole) toast('More samples than a stopped screen can keep: the newest ones are kept.')
  if ('following' in changed) $('autoset').classList.toggle('lit', tab.following)
  if ('query' in changed) {
    history.replaceState(null, '', location.pathname + (tab.query ? '?' + tab.query : ''))
    $('watch').href = 'watch' + (tab.query ? '?' + tab.query : '')
  }
  if ('view' in changed) screenFeed.watch(tab.view)
  if ('vertical' in changed) screenFeed.turn(tab.vertical)
  if (changed.readouts) readings = changed.readouts
  refresh()
}

function begin({view}) { // the plot is there: live from now on
  screenFeed = new Feed({
    screen: new Screen(Bokeh.documents[0]), query: view,
    shown: (frame) => { if (readings !== frame.readouts) { readings = frame.readouts; refresh() } },
    told: ({latency, error}) => { if (latency !== undefined) delay(latency); if (error) toast(error) },
    lost: (away) => connection('feed', away ? 'reconnecting\u2026' : ''),
  })
}

function refresh() { // what is on the panel: the readings of the view, and over them the knobs of this tab
  if (!readings) return
  const turned = tab.vertical ?? {}
  state.channels = readings.channels.map((c) => ({...c, ...turned[c.name]}))
  Object.assign(state, {...readings, channels: state.channels}, tab.timebase && {timebase: tab.timebase})
  status(state)
  timebase.show(state.timebase)
  channels()
  document.dispatchEvent(new CustomEvent('scope:shown', {detail: state}))
}

function running() {
  if (tab.answered >= asked) tab.running ? screenFeed.release() : screenFeed.hold()
  show($('run'), tab.running ? 'Stop' : 'Run')
  $('run').classList.toggle('stopped', !tab.running)
}

function run() { // Stop keeps the picture that is on the glass now
  if (tab.running) screenFeed?.hold()
  command({do: 'run', frame: screenFeed?.drawn ?? 0, asked: ++asked})
}

function channels() {
  if (!channel()) selected = state.channels.find((c) => c.on)?.name ?? state.channels[0]?.name ?? null
  keyed($('selector'), state.channels, () => {
    const button = el('button', {className: 'key', role: 'tab'})
    button.onclick = () => select(button.dataset.name)
    return button
  }, (button, c) => { show(button, String(c.number)); button.ariaSelected = String(c.name === selected); button.title = c.label })
  boxes(state.channels, 'button', adapt)
  const c = channel()
  $('vertical').closest('details').hidden = !c
  if (!c) return
  units.show(c.units)
  position.show(c.position)
  if (document.activeElement !== name) name.value = c.label
  show(toggle, c.on ? 'On' : 'Off')
  toggle.classList.toggle('lit', c.on)
}

function adapt(box, c) {
  box.classList.toggle('selected', c.name === selected)
  box.onclick ??= () => select(box.dataset.name)
  box.ondblclick ??= () => number(state.channels.find((one) => one.name === box.dataset.name)?.number)
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
connect((text) => connection('tab', text), (reason) => { toast(reason); clearTimeout(hiding) })
