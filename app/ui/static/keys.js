// Keys, as at a bench scope; silent while somebody types.

const REPEATED = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'])

export function keys({command, run, select, selected}) {
  const vertical = (what, clicks) => { if (selected()) command({do: what, channel: selected(), clicks}) }
  const actions = {
    ' ': run,
    a: () => command({do: 'autoset'}),
    k: () => command({do: 'clear'}),
    ArrowLeft: () => command({do: 'timebase', clicks: -1}),
    ArrowRight: () => command({do: 'timebase', clicks: 1}),
    ArrowUp: (event) => event.shiftKey ? vertical('position', 1) : vertical('units', 1),
    ArrowDown: (event) => event.shiftKey ? vertical('position', -1) : vertical('units', -1),
  }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.repeat && !REPEATED.has(event.key))) return
    if (event.target.closest?.('input, textarea, select, dialog, [contenteditable]')) return
    if (event.key === ' ' && event.target.closest?.('button, summary')) return
    if (/^[1-8]$/.test(event.key)) return select(Number(event.key))
    const action = actions[event.key] ?? actions[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    action(event)
  })
}
