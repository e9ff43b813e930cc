// Display: Y-T or the spectrum; its window, scale and averaging; what it resolves, and its peaks.
import {el, show} from './parts.js'
import {Choice, Menu} from './fields.js'
import {parsed} from './units.js'

export const WINDOWS = [['rectangular', 'Rectangular'], ['hann', 'Hann'], ['hamming', 'Hamming'], ['blackman-harris', 'Blackman-Harris'], ['flat-top', 'Flat-top']]
export const SCALES = [['dBV', 'dBV'], ['dB', 'dB re 1 unit'], ['linear', 'Linear (RMS)']]
const AVERAGES = [['none', 'None'], ['power', 'Power'], ['exponential', 'Exponential'], ['max hold', 'Max hold']]
const COUNTS = [2, 4, 8, 16, 32, 64, 128, 256].map((n) => [String(n), String(n)])
const LABEL = [140, 16] // px
const PEAKS = 5, REACH = 0.004 // labels at most; how far beside its frequency, as a share of the screen, a peak's top is looked for

export function display(root, overlay, bar, command) {
  const choose = (field) => (value) => command({do: 'spectrum', field, value})
  const mode = new Choice('Display', 'display', {yt: 'Y-T', xy: 'XY', fft: 'FFT', spectrogram: 'Spectrogram'}, (value) => command({do: 'display', mode: value}), 'The signals over time, one over another (X), their spectra (G), or the spectrogram of one')
  const fields = {
    window: new Menu('Window', 'fft-window', choose('window'), 'Hann for most; flat-top for amplitudes; Blackman-Harris for small beside large').offer(WINDOWS),
    scale: new Menu('Scale', 'fft-scale', choose('scale'), '0 dBV is a sine of 1 V RMS').offer(SCALES),
    average: new Menu('Average', 'fft-average', choose('average'), 'Over the newest spectra').offer(AVERAGES),
    count: new Menu('Spectra', 'fft-count', choose('count'), 'How many are averaged').offer(COUNTS),
  }
  root.append(mode.root, ...Object.values(fields).map((field) => field.root))
  const labels = []
  let shown = 'yt'

  function update(state, traces) {
    root.parentElement.hidden = state.display === undefined && state.knobs?.display === undefined
    shown = state.knobs?.display ?? state.display ?? 'yt'
    mode.show(shown)
    const setting = {...state.spectrum, ...state.knobs?.spectrum}
    for (const [name, field] of Object.entries(fields)) {
      field.root.hidden = shown !== 'fft' || (name === 'count' && (setting.average ?? 'none') === 'none')
      if (setting[name] !== undefined) field.show(String(setting[name]))
    }
    const there = state.display === 'fft' ? state.spectrum : null
    bar.fill('spectrum', there ? strip(there) : [])
    label(there && traces.length ? there.peaks ?? [] : [], traces)
  }

  function label(peaks, traces) {
    const placed = [], wide = LABEL[0] / overlay.clientWidth, high = LABEL[1] / overlay.clientHeight
    for (const peak of peaks.slice(0, PEAKS)) {
      const trace = traces.find((one) => one.slot === peak.slot), at = trace && top(trace, number(peak.frequency))
      if (!at) continue
      const right = at.across > 1 - wide, size = {left: at.across - (right ? wide : 0), top: 1 - at.up}
      if (placed.some((one) => Math.abs(one.left - size.left) < wide && Math.abs(one.top - size.top) < high)) continue
      placed.push({...size, at, right, text: `${peak.frequency}  ${peak.amplitude}`, color: trace.color})
    }
    while (labels.length > placed.length) labels.pop().remove()
    while (labels.length < placed.length) labels.push(overlay.appendChild(el('output')))
    placed.forEach(({at, right, text, color}, i) => {
      labels[i].className = right ? 'peak right' : 'peak'
      labels[i].style.cssText = `left:${at.across * 100}%;top:${(1 - at.up) * 100}%;--channel:${color}`
      show(labels[i], text)
    })
  }

  return {update, toggle: () => command({do: 'display', mode: shown === 'fft' ? 'yt' : 'fft'})}
}

function strip(s) {
  const named = (list, value) => list.find(([name]) => name === value)?.[1] ?? value
  if (s.why) return [{key: 'why', label: 'FFT', value: s.why}]
  return [
    {key: 'window', label: 'FFT window', value: named(WINDOWS, s.window)},
    {key: 'rbw', label: 'RBW', value: s.rbw, title: 'Resolution: the distance of two bins'},
    {key: 'nyquist', label: 'Nyquist', value: s.nyquist, title: 'Half of the sample rate'},
    ...(s.resampled ? [{key: 'resampled', label: 'x is uneven', value: 'resampled', title: 'The samples are not evenly spaced: the spectrum is of values in between'}] : []),
    ...(s.average && s.average !== 'none' ? [{key: 'average', label: named(AVERAGES, s.average), value: `${Math.min(s.averaged ?? s.count, s.count)} of ${s.count}`}] : []),
  ]
}

const number = (frequency) => typeof frequency === 'number' ? frequency : parsed(frequency)

function top({x, y, ends: [start, end], limits: [bottom, up]}, frequency) { // the highest point drawn near there
  const reach = REACH * (end - start)
  let best = -1
  for (let i = 0; i < x.length; i++) if (Math.abs(x[i] - frequency) <= reach && (best < 0 || y[i] > y[best])) best = i
  const across = best < 0 ? -1 : (x[best] - start) / (end - start)
  if (across < 0 || across > 1) return null
  return {across, up: Math.min(Math.max((y[best] - bottom) / (up - bottom), 0), 0.96)}
}
