// A trace in words: what kind of signal it looks like, its frequency and height.
import {engineering, inverse} from './units.js'

const CONSTANT = 1e-6 // of its values: what varies by less
const RETREAT = 0.2 // of the height, beside the middle: what counts as a crossing
const STATE = 0.1, MOSTLY = 0.85 // of the height; of the points: two states make a square wave
const NEAR = 0.035 // how far the RMS value of a sine or a triangle may be off, as a share of its amplitude
const EVEN = 0.15 // by how much periods may differ
const WAVES = [['sine', Math.SQRT1_2], ['triangle', 1 / Math.sqrt(3)]]

export function shape(trace, figure = false) { // '20.00 Hz sine, 2.00 Vpp'
  const {unit, x_unit} = trace, [x, y] = finite(trace)
  if (!y.length) return 'nothing on the screen'
  const low = Math.min(...y), high = Math.max(...y), height = high - low
  if (height <= CONSTANT * Math.max(Math.abs(low), Math.abs(high))) return `constant ${engineering(low, unit, 3)}`
  const tall = `${engineering(height, unit, 3)}${unit ? '' : ' '}pp`
  if (figure) return `a figure, ${tall}`
  const {rising, falling} = crossings(x, y, (low + high) / 2, RETREAT * height)
  const period = steady(rising) ?? steady(falling)
  if (!period) return `${engineering(low, unit, 3)} to ${engineering(high, unit, 3)}, ${tall}`
  const kind = named(y, low, height, rising.length + falling.length), duty = kind === 'square' ? share(rising, falling, period) : null
  return `${engineering(1 / period, inverse(x_unit), 3)} ${kind}, ${tall}${duty === null ? '' : `, duty ${Math.round(100 * duty)} %`}`
}

function finite({x, y, ends: [start, end]}) { // what is on the screen of it
  const at = [], up = []
  for (let i = 0; i < x.length; i++) if (y[i] === y[i] && x[i] >= start && x[i] <= end) { at.push(x[i]); up.push(y[i]) }
  return [at, up]
}

function crossings(x, y, middle, retreat) {
  const rising = [], falling = []
  let side = 0, at = 0
  for (let i = 0; i < y.length; i++) {
    if (i && (y[i] > middle) !== (y[i - 1] > middle)) at = x[i - 1] + (middle - y[i - 1]) / (y[i] - y[i - 1]) * (x[i] - x[i - 1])
    const now = y[i] > middle + retreat ? 1 : y[i] < middle - retreat ? -1 : 0
    if (now && side && now !== side) (now > 0 ? rising : falling).push(at)
    side = now || side
  }
  return {rising, falling}
}

function steady(at) { // the mean distance, if all are about the same
  if (at.length < 2) return null
  const apart = at.slice(1).map((x, i) => x - at[i]), mean = (at.at(-1) - at[0]) / (at.length - 1)
  return mean > 0 && apart.every((one) => Math.abs(one - mean) <= EVEN * mean) ? mean : null
}

function named(y, low, height, edges) {
  const states = y.filter((one) => one - low < STATE * height || one - low > (1 - STATE) * height).length
  if (states >= MOSTLY * y.length - 2 * edges) return 'square'
  const middle = low + height / 2, rms = Math.sqrt(y.reduce((sum, one) => sum + (one - middle) ** 2, 0) / y.length) / (height / 2)
  return WAVES.find(([, own]) => Math.abs(rms - own) < NEAR)?.[0] ?? 'wave'
}

function share(rising, falling, period) { // of a period, how long it is high
  const up = rising.find((at) => falling.some((down) => down > at))
  return up === undefined ? null : (falling.find((down) => down > up) - up) / period
}
