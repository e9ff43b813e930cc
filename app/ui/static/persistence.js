// Display: the knobs of the persistence.
import {el, show} from './parts.js'
import {Menu, key} from './fields.js'
import {Afterglow, setting} from './afterglow.js'

const TIMES = [['0', 'Off'], ['0.3', '0.3 s'], ['1', '1 s'], ['3', '3 s'], ['10', '10 s'], ['inf', 'Infinite']]
const MOMENTARY = ['m', 'gate', 'epoch', 'single', 'force'] // parts of a view that do not change what a sweep looks like
const KEPT = 'persistence'

export function persistence(root, glass, command) {
  const glow = new Afterglow(glass)
  const choose = (value) => command({do: 'persistence', value})
  const menu = new Menu('Persistence', 'persistence', choose, 'How long a sweep goes on glowing after it was drawn (P)')
  const empty = key('Clear persistence', 'What glows is taken away (also K)', () => glow.clear(), {id: 'persistence-clear'})
  const hint = el('p', {className: 'hint', id: 'persistence-hint'})
  const row = el('div', {className: 'row beside'}, empty)
  root.append(menu.root, row, hint)
  menu.offer(TIMES).show('0')
  row.hidden = hint.hidden = true
  let now = '0', rolls = false
  document.addEventListener('scope:command', ({detail}) => { if (detail.do === 'clear') glow.clear() })

  function update(state, traces, view = '', running = true) { // with every picture
    turned(state.knobs?.persistence ?? now)
    if (state.lamp !== 'STOP') rolls = state.lamp === 'ROLL'
    show(hint, now !== '0' && rolls ? 'None while the screen rolls: all of it moves.' : '')
    hint.hidden = !hint.textContent
    glow.hold(!running)
    if (now !== '0' && traces.length) glow.matches(setting(traces, knobs(view) + rolls))
  }

  function turned(to) {
    if (to === now) return
    now = to
    if (now !== '0') localStorage.setItem(KEPT, now)
    menu.offer(TIMES.some(([value]) => value === now) ? TIMES : [...TIMES, [now, `${now} s`]])
    menu.show(now)
    row.hidden = now === '0'
    glow.persist(now)
  }

  return {
    update,
    draw: (traces) => { if (!rolls) glow.draw(traces) },
    toggle: () => choose(now === '0' ? localStorage.getItem(KEPT) ?? '1' : '0'),
  }
}

function knobs(view) {
  const query = new URLSearchParams(view)
  for (const name of MOMENTARY) query.delete(name)
  return query.toString()
}
