// Acquire: what the screen makes of more samples than it has columns for, or of many sweeps.
import {el, show, Knob} from './parts.js'
import {Menu, key} from './fields.js'

const MODES = {sample: 'Sample', peak: 'Peak detect', average: 'Average', 'high-resolution': 'High resolution', envelope: 'Envelope'}
const MANY = ['average', 'envelope']

export function acquire(root, command) {
  const mode = new Menu('Mode', 'acquire-mode', (value) => command({do: 'acquire', mode: value}),
    'Peak detect shows every glitch, high resolution the mean of each column; an average takes off noise, an envelope keeps extremes')
    .offer(Object.entries(MODES))
  const count = new Knob('Sweeps', 'acquire-count', 'powers of two', (turned) => command({do: 'acquire', ...turned}))
  const afresh = key('Begin afresh', 'Empty the screen: sweeps from now on (K)', () => command({do: 'clear'}), {id: 'acquire-afresh'})
  const said = el('p', {className: 'hint figures', id: 'acquire-said', title: 'Sweeps that have been taken in; only those with a trigger are'})
  const row = el('div', {className: 'row beside'}, afresh)
  root.append(mode.root, count.root, row, said)

  return ({acquisition, knobs}) => {
    const now = knobs?.acquisition ?? acquisition
    root.parentElement.hidden = !now
    if (!now) return
    const many = MANY.includes(now.mode)
    for (const part of [count.root, row, said]) part.hidden = !many
    mode.show(now.mode)
    count.show(String(now.count))
    show(said, acquisition?.mode === now.mode ? acquisition.said ?? '' : '')
  }
}
