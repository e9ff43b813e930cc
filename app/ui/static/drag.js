// Something that is dragged with the mouse or a finger.

const SLOP = 4 // px that a hand moves without meaning it
const EVERY = 50 // ms between two messages while something is dragged
let drags = 0

export const another = () => ++drags // number of one more drag: all that it asks for is taken back at once

export function drag(element, {wanted = () => true, begin = () => true, move, end = () => {}}) {
  // move(x, y, dx, dy): px in the window; begin and end once, and only if it was really moved; begin may say false
  let from = null, moving = false
  element.addEventListener('pointerdown', (event) => {
    if (event.button || !event.isPrimary || !wanted(event)) return
    from = event
    moving = false
    listen('addEventListener')
  })
  const moved = (event) => {
    if (event.pointerId !== from.pointerId) return
    const dx = event.clientX - from.clientX, dy = event.clientY - from.clientY
    if (!moving && Math.hypot(dx, dy) < SLOP) return
    if (!moving && begin(dx, dy) === false) return listen('removeEventListener')
    moving = true
    move(event.clientX, event.clientY, dx, dy)
  }
  const done = () => {
    listen('removeEventListener')
    if (moving) end()
  }
  function listen(how) { // a fast hand has left the element before its first move
    window[how]('pointermove', moved)
    for (const kind of ['pointerup', 'pointercancel']) window[how](kind, done)
  }
}

export function seldom(send) { // the newest call of many, and always the last one
  let waiting = 0, last = null
  const go = () => { waiting = 0; if (last) { send(...last); last = null; waiting = setTimeout(go, EVERY) } }
  return (...what) => { last = what; if (!waiting) go() }
}
