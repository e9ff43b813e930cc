// What the screen shows, in one sentence for those who hear it; now and then, and only when it has changed.
import {show} from './parts.js'

const EVERY = 5000 // ms
const LAMPS = {STOP: 'stopped', WAIT: 'waiting', READY: 'ready', AUTO: 'running freely', ROLL: 'rolling', "TRIG'D": 'triggered'}

export function summary(root) {
  let last = -EVERY
  return ({channels, measurements = [], lamp}) => {
    if (performance.now() - last < EVERY) return
    last = performance.now()
    const said = channels.filter((c) => c.on).map((c) => {
      const own = measurements.filter((m) => m.channel === c.name && !m.why).map((m) => `${m.label} ${m.value}`)
      return `Channel ${c.number} ${c.label}: ${own.length ? own.join(', ') : c.value}`
    })
    show(root, said.length ? `${said.join('; ')}; ${LAMPS[lamp] ?? lamp}` : 'No channel yet')
  }
}
