// Measure: what is measured of which channel; statistics; only between the cursors.
import {el, show} from './parts.js'
import {Menu, key, light} from './fields.js'
import {measured} from './bar.js'

export const MOST = 8
const NAMES = {
  Amplitude: {vpp: 'Vpp', max: 'Max', min: 'Min', top: 'Top', base: 'Base', amplitude: 'Amplitude', mean: 'Mean', cycle_mean: 'Cycle mean',
    rms: 'RMS', ac_rms: 'AC RMS', cycle_rms: 'Cycle RMS', overshoot: 'Overshoot', preshoot: 'Preshoot'},
  Time: {frequency: 'Frequency', period: 'Period', rise: 'Rise', fall: 'Fall', positive_width: '+Width', negative_width: '-Width', duty: 'Duty', edges: 'Edges'},
  'Between two channels': {phase: 'Phase', delay: 'Delay'},
}
const PAIRS = NAMES['Between two channels'], ALL = Object.assign({}, ...Object.values(NAMES))
const KEPT = 'statistics', ADD = 'Show it below the screen'

export function measure(root, bar, command, cursors) {
  let channel = '', name = 'frequency', other = '', statistics = localStorage.getItem(KEPT) === 'on', gated = false, items = [], trends = []
  const of = new Menu('Channel', 'measure-channel', (value) => { channel = value; update(last) }, 'The channel to measure')
  const what = new Menu('What', 'measure-what', (value) => { name = value; what.show(value); pair(); update(last) }, 'The measurement')
    .offer(Object.entries(NAMES).map(([group, names]) => ({group, items: Object.entries(names)})))
  const second = new Menu('To', 'measure-other', (value) => { other = value; second.show(value) }, 'The other channel')
  const add = key('Add', ADD, () => {
    if (channel) command({do: 'measure', item: `${channel}:${name}` + (name in PAIRS ? `:${other}` : ''), on: true})
  }, {id: 'measure-add'})
  const list = el('div', {id: 'measured', className: 'list'})
  const table = key('Statistics', 'Mean, least, greatest, standard deviation and count since the reset', () => {
    statistics = !statistics
    localStorage.setItem(KEPT, statistics ? 'on' : 'off')
    update(last)
  }, {id: 'statistics'})
  const reset = key('Reset', 'Statistics begin afresh', () => command({do: 'statistics'}), {id: 'statistics-reset'})
  const gate = key('Between cursors', 'Measure only what lies between the time cursors', () => {
    gated = !gated
    cursors.begin()
    if (gated) cursors.time()
    send()
  }, {id: 'gate'})
  root.append(of.root, what.root, second.root, el('div', {className: 'row beside'}, add), list,
    el('div', {className: 'row'}, table, reset), el('div', {className: 'row'}, gate))
  const pair = () => { second.root.hidden = !(name in PAIRS) }
  const send = () => {
    const [from, to] = cursors.shares().sort((a, b) => a - b)
    command({do: 'gate', ...(gated ? {from, to} : {from: null, to: null}), drag: cursors.drag})
  }
  cursors.moved = () => { if (gated) send() }
  cursors.hidden = () => { if (gated) { gated = false; send() } }
  what.show(name)
  pair()
  let last = {channels: []}

  function update(state) {
    last = state
    const {channels, knobs = {}, measurements = []} = state
    root.parentElement.hidden = !state.measurements && !knobs.measure
    const there = channels.map((c) => [c.name, `${c.number} ${c.label}`, c.color]), has = (which) => channels.some((c) => c.name === which)
    if (!has(channel)) channel = channels.find((c) => c.on)?.name ?? channels[0]?.name ?? ''
    if (!has(other) || other === channel) other = channels.find((c) => c.name !== channel)?.name ?? ''
    of.offer(there).show(channel)
    second.offer(there.filter(([which]) => which !== channel)).show(other)
    if (knobs.gate !== undefined) gated = knobs.gate !== null
    items = knobs.measure ?? measurements.map((m) => m.item)
    trends = (knobs.derived ?? []).map((one) => one.name)
    const known = items.map((item) => measurements.find((m) => m.item === item) ?? unread(item, channels))
    entries(known)
    const why = items.length >= MOST ? 'Eight measurements are the most: take one away first' : !channel ? 'There is no channel yet'
      : name in PAIRS && !other ? 'This needs a second channel' : ''
    add.disabled = Boolean(why)
    add.title = why || ADD
    light(table, statistics)
    light(gate, gated)
    reset.disabled = !items.length
    measured(bar, known, channels, statistics)
  }

  const label = (which) => last.channels.find((c) => c.name === which)?.label ?? which

  function entries(known) {
    const kept = new Map([...list.children].map((child) => [child.dataset.item, child]))
    for (const m of known) {
      const entry = kept.get(m.item) ?? list.appendChild(made(m.item))
      kept.delete(m.item)
      entry.style.setProperty('--channel', m.color)
      light(entry.children[1], trends.includes('~' + m.item))
      show(entry.firstChild, `${m.label} ${[m.channel, m.other].filter(Boolean).map(label).join(' \u2192 ')}`)
    }
    for (const gone of kept.values()) gone.remove()
  }

  function made(item) {
    const trend = key('Trend', 'Its readings over time, as a trace of its own', () => {
      const name = '~' + item
      command(trends.includes(name) ? {do: 'underive', channel: name} : {do: 'derive', name})
    })
    const entry = el('div', {className: 'entry measured'}, el('span'), trend, key('\u00d7', 'Take it away', () => command({do: 'measure', item, on: false}), {ariaLabel: 'Take it away'}))
    entry.dataset.item = item
    return entry
  }

  return update
}

function unread(item, channels) { // before its first reading
  const found = channels.filter((c) => item.startsWith(c.name + ':')).sort((a, b) => b.name.length - a.name.length)[0]
  const which = found?.name ?? item.split(':')[0], [name, ...other] = item.slice(which.length + 1).split(':')
  return {item, channel: which, other: other.join(':'), label: ALL[name] ?? name, value: '---', why: null, note: null, color: found?.color ?? 'var(--dim)', stats: {}}
}
