// Keys, as at a bench scope; silent while somebody types.

const UPRIGHT = new Set(['ArrowUp', 'ArrowDown']) // with Alt finely; the other keys with Alt are the browser's
const REPEATED = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', '[', ']', ',', '.'])

export function keys({command, run, select, selected, finely, mode, slope, cursors, spectrum, xy, persistence, zoom, past, help, close, save, earlier, later, pin}) {
  const press = (what) => () => command({do: what})
  const channel = (what, turned) => { if (selected()) command({do: what, channel: selected(), ...finely(turned)}) }
  const level = (clicks) => () => command({do: 'trigger', field: 'level', clicks})
  const across = (clicks) => (event) => command({do: event.shiftKey ? 'delay' : 'timebase', clicks})
  const up = (clicks) => (event) => channel(event.shiftKey ? 'position' : 'units', event.altKey ? {clicks, fine: true} : {clicks})
  const actions = {
    ' ': run, a: press('autoset'), k: press('clear'), s: press('single'), f: press('force'), m: mode, e: slope, c: cursors, g: spectrum, x: xy, p: persistence, z: zoom, h: past,
    '[': level(-1), ']': level(1), '\\': press('level50'), '?': help, Escape: close, ',': earlier, '.': later, n: pin,
    ArrowLeft: across(-1), ArrowRight: across(1), ArrowUp: up(1), ArrowDown: up(-1),
  }
  const together = {z: press('undo'), s: save} // with Ctrl, or the command key

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || (event.repeat && !REPEATED.has(event.key))) return
    if (event.target.closest?.('input, textarea, select, dialog, [contenteditable]')) return
    if (event.key === ' ' && event.target.closest?.('button, summary, a')) return
    const typed = event.getModifierState('AltGraph') // where [ and \ are typed so
    const held = !typed && (event.ctrlKey || event.metaKey)
    if (!typed && event.altKey && !UPRIGHT.has(event.key)) return
    if (!held && /^[1-8]$/.test(event.key)) return select(Number(event.key))
    const action = held ? together[event.key] : actions[event.key] ?? actions[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    action(event)
  })
}
