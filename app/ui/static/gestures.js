// Hands on the screen: wheel, two fingers, and a drag into the past.
import {drag, seldom} from './drag.js'

const MARGIN = 40 // px at the left border that belong to the channel's own axis

export function gestures(glass, overlay, {command, selected, fine, traces, past}) {
  let turned = 0, centre = 0, span = 1, sent = 0
  glass.addEventListener('wheel', (event) => { // over the screen: the timebase; near its left border: units/div of the channel
    if (event.target.closest('#empty')) return
    event.preventDefault()
    turned += event.deltaY || (event.shiftKey ? event.deltaX : 0)
    if (Math.abs(turned) < 40) return
    const clicks = turned > 0 ? 1 : -1
    turned = 0
    if (event.clientX - glass.getBoundingClientRect().left < MARGIN && selected()) command({do: 'units', channel: selected(), clicks, ...(event.shiftKey || fine() ? {fine: true} : {})})
    else command({do: 'timebase', clicks})
  }, {passive: false})
  const fingers = pinch(glass, command)
  const pan = seldom((by) => { // first from where the screen is, then on from there
    command(sent === null ? {do: 'history', x: centre + by} : {do: 'history', by: by - sent})
    sent = by
  })
  drag(glass, {
    wanted: (event) => !fingers.two() && !event.target.closest('.mark, .cursor, #empty, #axis'),
    begin: (dx, dy) => {
      const lead = traces()[0]
      if (fingers.two() || !past.allowed() || !lead || Math.abs(dx) < Math.abs(dy)) return false
      const [start, end] = lead.ends
      centre = lead.x0 + (start + end) / 2
      span = end - start
      sent = past.there() ? 0 : null
      glass.classList.add('dragged')
    },
    move: (x, y, dx) => { if (!fingers.two()) pan(-dx / overlay.getBoundingClientRect().width * span) },
    end: () => glass.classList.remove('dragged'),
  })
  glass.addEventListener('dblclick', (event) => { if (!event.target.closest('.mark, .cursor, #empty')) past.leave() })
  return {enter: () => { const [lead] = traces(); if (lead) command({do: 'history', x: lead.x0 + (lead.ends[0] + lead.ends[1]) / 2}) }}
}

function pinch(glass, command) { // two fingers: the timebase follows their distance
  let before = 0, many = 0
  const distance = (touches) => Math.hypot(touches[0].clientX - touches[1].clientX, touches[0].clientY - touches[1].clientY)
  const counted = (event) => { many = event.touches.length }
  glass.addEventListener('touchstart', (event) => { counted(event); if (many === 2) before = distance(event.touches) })
  glass.addEventListener('touchend', counted)
  glass.addEventListener('touchcancel', counted)
  glass.addEventListener('touchmove', (event) => {
    if (event.touches.length !== 2) return
    event.preventDefault()
    const ratio = distance(event.touches) / before
    if (ratio > 1.5 || ratio < 1 / 1.5) {
      command({do: 'timebase', clicks: ratio > 1 ? -1 : 1})
      before = distance(event.touches)
    }
  }, {passive: false})
  return {two: () => many > 1}
}
