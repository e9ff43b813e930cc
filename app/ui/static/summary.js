// What the screen shows, in one sentence for those who hear it; now and then, and only when it has changed.
import {show} from './parts.js'
import {shape} from './shape.js'

const EVERY = 5000 // ms
const LAMPS = {STOP: 'stopped', WAIT: 'waiting', READY: 'ready', AUTO: 'running freely', ROLL: 'rolling', "TRIG'D": 'triggered', HISTORY: 'of the past'}

const TOLD = {fft: spectra, xy: plane, spectrogram: image}
const label = (channels, name) => channels.find((c) => c.name === name)?.label ?? name

export function summary(root, traces) {
  let last = -EVERY, seen = ''
  return (state) => {
    const key = [state.display, state.lamp === 'STOP', ...state.channels.map((c) => `${c.name}${c.on}`)].join()
    if (performance.now() - last < EVERY && key === seen) return
    last = performance.now()
    seen = key
    const said = (TOLD[state.display] ?? signals)(state, traces())
    show(root, said.length ? `${said.join('; ')}; ${LAMPS[state.lamp] ?? state.lamp}` : 'No channel yet')
  }
}

function signals({channels, measurements = []}, traces) {
  return channels.filter((c) => c.on).map((c) => {
    const own = (measurements ?? []).filter((m) => m.channel === c.name && !m.why).map((m) => `${m.label} ${m.value}`)
    const trace = traces.find((one) => one.name === c.name)
    return `Channel ${c.number} ${c.label}: ${[trace ? shape(trace, c.figure) : `now ${c.value}`, ...own].join(', ')}`
  })
}

function spectra({spectrum, channels}) {
  if (!spectrum || spectrum.why) return channels.length ? [`Spectrum: ${spectrum?.why ?? 'not yet'}`] : []
  const lines = (spectrum.peaks ?? []).map((peak) => `${peak.label} ${peak.frequency} at ${peak.amplitude}`)
  return [`Spectrum to ${spectrum.nyquist}, highest lines: ${lines.join(', ') || 'none'}`]
}

function plane({xy, channels}, traces) {
  if (!xy || xy.why || !traces.length) return channels.length ? [`XY: ${xy?.why ?? 'not yet'}`] : []
  return [`${label(channels, xy.y)} against ${label(channels, xy.x)}: ${shape(traces[0], true)}`]
}

function image({spectrogram, channels}) {
  if (!spectrogram || spectrogram.why) return channels.length ? [`Spectrogram: ${spectrogram?.why ?? 'not yet'}`] : []
  return [`Spectrogram of ${label(channels, spectrogram.of)}, ${spectrogram.said}`]
}
