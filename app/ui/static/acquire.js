// Acquire: what the screen makes of more samples than it has columns for.
import {Menu} from './fields.js'

const MODES = {sample: 'Sample', peak: 'Peak detect', 'high-resolution': 'High resolution'}

export function acquire(root, command) {
  const mode = new Menu('Mode', 'acquire-mode', (value) => command({do: 'acquire', mode: value}),
    'Peak detect shows every glitch; high resolution the mean of each column').offer(Object.entries(MODES))
  root.append(mode.root)

  return ({acquisition, knobs}) => {
    const now = knobs?.acquisition ?? acquisition
    root.parentElement.hidden = !now
    if (now) mode.show(now.mode)
  }
}
