// Trigger: mode, kind, source, and what the chosen kind asks for.
import {el, show, Knob} from './parts.js'
import {Choice, Menu, key, light} from './fields.js'
import {count} from './units.js'

const KINDS = {edge: 'Edge', pulse: 'Pulse width', window: 'Window', runt: 'Runt', timeout: 'Timeout'}
const ASKED = { // by kind, in the order of the panel
  edge: ['slope', 'level', 'levels'],
  pulse: ['polarity', 'condition', 'low_width', 'high_width', 'level', 'levels'],
  window: ['way', 'high', 'low', 'borders'],
  runt: ['polarity', 'high', 'low', 'borders'],
  timeout: ['slope', 'time', 'level', 'levels'],
}
const WIDTHS = {shorter: ['high_width'], longer: ['low_width'], within: ['low_width', 'high_width'], outside: ['low_width', 'high_width']}
const LATE = 600 // ms that the readings may be behind
const SLOPES = ['rising', 'falling', 'either']
const row = (...keys) => ({root: el('div', {className: 'row beside'}, ...keys)})

export function trigger(root, command) {
  const turn = (field) => (turned) => command({do: 'trigger', field, ...turned})
  const choose = (field) => (value) => command({do: 'trigger', field, value})
  const knob = (label, field, hint) => new Knob(label, field, hint, turn(field))
  const auto = key('Auto', 'Half of the height of the signal, always', () => choose('level')(null), {id: 'level-auto', ariaLabel: 'Auto level'})
  const half = key('50 %', 'Level to half of the height of the signal (\\)', () => command({do: 'level50'}), {id: 'level-half', ariaLabel: 'Level to 50 %'})
  const fit = key('Fit both', 'A quarter and three quarters of the height of the signal, always', () => { choose('low')(null); choose('high')(null) })
  const noise = key('Noise reject', 'More hysteresis: 6 % of the height of the signal', () => choose('noise')(!shown.noise), {id: 'noise'})
  const calm = key('Auto', '2.5 % of the height of the signal, always', () => choose('hysteresis')(null), {ariaLabel: 'Auto hysteresis'})
  const mode = new Choice('Mode', 'trigger-mode', {auto: 'Auto', normal: 'Normal'}, choose('mode'),
    'Auto runs freely without a trigger, Normal waits for one (M)')
  const kind = new Menu('Type', 'trigger-kind', choose('kind'), 'What the signal must do').offer(Object.entries(KINDS))
  const source = new Menu('Source', 'trigger-source', choose('source'), 'The channel that triggers')
  const asked = {
    slope: new Choice('Slope', 'trigger-slope', {rising: 'Rise', falling: 'Fall', either: 'Either'}, choose('slope'), 'Direction of the edge (E)'),
    polarity: new Choice('Polarity', 'trigger-polarity', {positive: 'Positive', negative: 'Negative'}, choose('polarity'), 'Pulses upwards or downwards'),
    condition: new Menu('Width', 'trigger-condition', choose('condition'), 'Which widths of a pulse are meant')
      .offer([['shorter', 'Shorter than'], ['longer', 'Longer than'], ['within', 'Within'], ['outside', 'Outside']]),
    way: new Choice('Way', 'trigger-way', {enter: 'Enter', leave: 'Leave'}, choose('way'), 'Into the window, or out of it'),
    low_width: knob('At least', 'low_width', 'least width'), high_width: knob('At most', 'high_width', 'greatest width'),
    time: knob('Time', 'time', 'without an edge'),
    high: knob('High', 'high', 'upper level'), low: knob('Low', 'low', 'lower level'), borders: row(fit),
    level: knob('Level', 'level', '[ and ]'), levels: row(half, auto),
  }
  const hysteresis = knob('Hysteresis', 'hysteresis', 'how far the signal must retreat first'), holdoff = knob('Holdoff', 'holdoff', 'no trigger so long after one')
  const counted = el('p', {className: 'hint figures', title: 'Triggers found in what is retained, and how many lately'})
  const counts = [el('output', {id: 'trigger-count'}), el('output', {id: 'trigger-rate'})]
  counted.append(...counts)
  root.append(mode.root, kind.root, source.root, ...Object.values(asked).map((part) => part.root), hysteresis.root,
    row(calm, noise).root, holdoff.root, counted)
  let shown = {}

  const pressed = {}

  function press(field, values) { // a key goes on from what it chose last, which the readings may not say yet
    const {value, at} = pressed[field] ?? {}, now = at > performance.now() - LATE ? value : shown[field]
    const next = values[(values.indexOf(now) + 1) % values.length]
    pressed[field] = {value: next, at: performance.now()}
    choose(field)(next)
  }

  function update({trigger: t, channels}) {
    root.parentElement.hidden = !t
    if (!t) return
    shown = t
    const wanted = ASKED[t.kind] ?? [], widths = WIDTHS[t.condition] ?? []
    for (const [name, part] of Object.entries(asked)) {
      part.root.hidden = !wanted.includes(name) || (name.endsWith('_width') && !widths.includes(name))
      if (t[name] !== undefined && part.show) part.show(t[name])
    }
    mode.show(t.mode)
    kind.show(t.kind)
    const lead = channels.find((c) => c.name === (t.source || t.lead))
    source.offer([['', `Automatic${!t.source && lead ? `: ${lead.label}` : ''}`, lead?.color],
      ...channels.map((c) => [c.name, `${c.number} ${c.label}`, c.color])])
    source.show(t.source)
    root.style.setProperty('--channel', lead?.color ?? 'var(--dim)')
    hysteresis.show(t.hysteresis)
    holdoff.show(t.holdoff)
    light(auto, t.automatic)
    light(noise, t.noise)
    show(counts[0], `${count(t.count)} triggers`)
    show(counts[1], t.rate)
  }

  return {
    update,
    mode: () => press('mode', ['auto', 'normal']),
    slope: () => press('slope', SLOPES),
  }
}
