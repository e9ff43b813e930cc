// XY: which channel goes across and which one up, what the axis below says, and why there may be no line.
import {el, show} from './parts.js'
import {Menu} from './fields.js'
import {engineering} from './units.js'

export function crossed(root, overlay, axis, command) {
  const choose = (name) => (value) => command({do: 'xy', axis: name, channel: value})
  const fields = {
    x: new Menu('X', 'xy-x', choose('x'), 'The channel that goes across the screen: its units/div and position are those of the x axis'),
    y: new Menu('Y', 'xy-y', choose('y'), 'The channel that goes up'),
  }
  const thinned = el('p', {className: 'hint figures', id: 'xy-every', title: 'There are more pairs of samples on the screen than a line can have points'})
  const reason = overlay.appendChild(el('output', {className: 'reason', hidden: true}))
  root.append(...Object.values(fields).map((field) => field.root), thinned)
  let shown = 'yt'

  function update({knobs, display, xy, channels}, traces) {
    shown = knobs?.display ?? display ?? 'yt'
    const on = shown === 'xy', now = display === 'xy' ? xy : null
    const offered = channels.map((c) => [c.name, `${c.number} ${c.label}`, c.color])
    Object.entries(fields).forEach(([name, field], i) => {
      field.root.hidden = !on
      if (!on) return
      const automatic = channels.find((c) => c.name === now?.[name]), chosen = knobs?.xy?.[i] ?? ''
      field.offer([['', `Automatic${!chosen && automatic ? `: ${automatic.label}` : ''}`], ...offered])
      field.show(chosen)
    })
    thinned.hidden = !on || !now?.said
    show(thinned, now?.said ?? '')
    reason.hidden = !now?.why
    show(reason, now?.why ?? '')
    if (now && traces.length) label(traces[0])
  }

  function label({x0, ends: [start, end], x_unit}) { // as the knobs of this tab have it
    for (const [i, at] of [start, (start + end) / 2, end].entries()) show(axis.children[i], engineering(x0 + at, x_unit, 4))
  }

  return {update, toggle: () => command({do: 'display', mode: shown === 'xy' ? 'yt' : 'xy'})}
}
