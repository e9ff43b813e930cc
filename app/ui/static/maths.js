// Maths: traces that are worked out from channels, and the list of all that are derived.
import {el, show, Knob} from './parts.js'
import {Menu, key} from './fields.js'
import {engineering, parsed} from './units.js'

const ONE = ['a'], TWO = ['a', 'b']
const OPERATIONS = { // the registry of the server: what each one asks for
  add: ['A + B', TWO], subtract: ['A - B', TWO], multiply: ['A \u00d7 B', TWO], divide: ['A / B', TWO],
  derivative: ['dA/dx', ONE], integral: ['\u222b A dx', ONE], absolute: ['|A|', ONE],
  lowpass: ['low pass', ['a', 'high']], highpass: ['high pass', ['a', 'low']], bandpass: ['band pass', ['a', 'low', 'high']],
}
const EXPRESSION = 'expression', SOON = 120 // ms after the last key
const STEPS = [1, 2, 5, 10]

export function maths(root, command) {
  const chosen = {operation: 'subtract', a: '', b: '', low: '10', high: '100'}
  let last = {channels: []}, timer = 0
  const menu = (label, field, title) => new Menu(label, 'maths-' + field, (value) => { chosen[field] = value; update(last) }, title)
  const cutoff = (label, field) => new Knob(label, 'maths-' + field, 'where half of the power passes', ({text, clicks}) => {
    chosen[field] = text ?? stepped(parsed(chosen[field]), clicks)
    update(last)
  })
  const fields = {
    operation: menu('Operation', 'operation', 'What is done with the samples').offer([
      ...Object.entries(OPERATIONS).map(([name, [label]]) => [name, label]), [EXPRESSION, 'Expression\u2026']]),
    a: menu('A', 'a', 'The first channel'), b: menu('B', 'b', 'The second channel'),
    low: cutoff('From', 'low'), high: cutoff('Up to', 'high'),
  }
  const text = el('input', {id: 'expression', type: 'text', spellcheck: false, autocomplete: 'off', maxLength: 500, placeholder: 'ch1 - 2 * ch2',
    ariaLabel: 'Expression', title: 'Channels, numbers, + - * / **, sin, sqrt, abs, d, integral, lowpass(ch1, 100), \u2026; a name with spaces is ch("its name")'})
  const caret = el('pre', {className: 'caret', ariaHidden: 'true'}), wrong = el('p', {id: 'expression-error', className: 'hint', role: 'status'})
  const typed = el('div', {className: 'expression'}, text, caret, wrong)
  const add = key('Add', 'Draw it, with a box and knobs of its own', () => {
    if (chosen.operation === EXPRESSION) { if (text.value.trim()) command({do: 'derive', name: '=' + text.value.trim()}) }
    else command({do: 'maths', ...chosen})
  }, {id: 'maths-add'})
  const list = el('div', {id: 'derived', className: 'list'})
  root.append(...Object.values(fields).map((field) => field.root), typed, el('div', {className: 'row beside'}, add), list)
  text.oninput = () => { clearTimeout(timer); timer = setTimeout(() => command({do: 'check', text: text.value}), SOON) }
  text.onkeydown = (event) => { if (event.key === 'Enter') add.click(); if (event.key === 'Escape') text.blur() }
  text.onscroll = () => { caret.scrollLeft = text.scrollLeft }

  function update(state) {
    last = state
    const {channels, knobs = {}} = state
    root.parentElement.hidden = !channels.length
    const free = chosen.operation === EXPRESSION, asked = free ? [] : OPERATIONS[chosen.operation][1]
    for (const [name, field] of Object.entries(fields)) field.root.hidden = name !== 'operation' && !asked.includes(name)
    typed.hidden = !free
    const there = channels.filter((c) => !c.name.startsWith('~')).map((c) => [c.name, `${c.number} ${c.label}`, c.color])
    const has = (which) => there.some(([name]) => name === which)
    if (!has(chosen.a)) chosen.a = there[0]?.[0] ?? ''
    if (!has(chosen.b)) chosen.b = there.find(([name]) => name !== chosen.a)?.[0] ?? chosen.a
    for (const field of TWO) fields[field].offer(there)
    for (const [name, field] of Object.entries(fields)) field.show(chosen[name])
    complain(state.checked ?? {})
    entries(knobs.derived ?? [], channels)
  }

  function complain({text: of, why, at}) { // only of what stands there now
    const told = of === text.value && why ? why : ''
    show(wrong, told)
    show(caret, told ? ' '.repeat(at) + '\u25b4' : '')
    text.ariaInvalid = String(Boolean(told))
    caret.scrollLeft = text.scrollLeft
  }

  function entries(derived, channels) {
    const kept = new Map([...list.children].map((child) => [child.dataset.name, child]))
    for (const {name, why} of derived) {
      const entry = kept.get(name) ?? list.appendChild(made(name))
      const c = channels.find((one) => one.name === name)
      kept.delete(name)
      entry.style.setProperty('--channel', c?.color ?? 'var(--dim)')
      show(entry.children[0], c ? `${c.number} ${c.label}` : name)
      show(entry.children[2], why ?? '')
    }
    for (const gone of kept.values()) gone.remove()
  }

  function made(name) {
    const remove = key('\u00d7', 'Take it away', () => command({do: 'underive', channel: name}), {ariaLabel: 'Take it away'})
    const entry = el('div', {className: 'entry', title: name}, el('span'), remove, el('small'))
    entry.dataset.name = name
    return entry
  }

  return update
}

function stepped(value, clicks) { // 1, 2, 5, 10, ...
  let found = value > 0 ? value : 1
  for (let left = Math.abs(clicks); left > 0; left--) {
    const decade = 10 ** Math.floor(Math.log10(found) + 1e-9), place = found / decade
    const next = clicks > 0 ? STEPS.find((step) => step > place + 1e-9) : STEPS.findLast((step) => step < place - 1e-9) ?? 0.5
    found = next * decade
  }
  return engineering(found)
}
