// Horizontal: timebase, delay from the trigger, and where on the screen the reference point is.
import {Knob} from './parts.js'

export function horizontal(root, command) {
  const timebase = new Knob('Units/div', 'timebase', 'left and right arrow', (turn) => command({do: 'timebase', ...turn}))
  const delay = new Knob('Delay', 'delay', 'Shift with left and right arrow', (turn) => command({do: 'delay', ...turn}))
  const reference = new Knob('Reference', 'reference', 'share of the screen left of it', (turn) => command({do: 'reference', ...turn}))
  root.append(timebase.root, delay.root, reference.root)
  return (state) => {
    timebase.show(state.timebase)
    delay.root.hidden = reference.root.hidden = !state.trigger
    if (!state.trigger) return
    delay.show(state.trigger.delay)
    reference.show(state.trigger.position)
  }
}
