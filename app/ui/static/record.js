// Record: what comes in, kept in files on the server, and played again, for everybody.
import {ask, el, show} from './parts.js'
import {Choice, key, light} from './fields.js'
import {count} from './units.js'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']
const SPEEDS = {'1.0': '1\u00d7', '10.0': '10\u00d7', '100.0': '100\u00d7', '0.0': 'max'}

export function record(root, command) {
  let state = {all: [], formats: [], played: []}, heard = 0
  const dot = el('i', {className: 'dot'}), word = el('span', {textContent: 'Record'})
  const start = el('button', {className: 'key record', id: 'record', title: 'Write every sample that comes from now on into a file on the server', onclick: () => command({do: 'record', format: format.value})}, dot, word)
  const stop = key('Stop', 'End the recording', () => { for (const one of going()) command({do: 'stop_record', recording: one.id}) }, {id: 'record-stop'})
  const format = new Choice('Format', 'record-format', {arrow: 'Arrow', csv: 'CSV'}, (value) => format.show(value), 'Arrow for pandas and the like, CSV for all others')
  const speed = new Choice('Replay at', 'replay-speed', SPEEDS, (value) => speed.show(value), 'How fast a recording is played: as it came, faster, or as fast as it goes')
  const loop = key('Loop', 'Play it again from its beginning, until it is stopped', () => light(loop, !loop.classList.contains('lit')), {id: 'replay-loop'})
  const now = el('output', {id: 'record-now'}), list = el('div', {id: 'recordings-list'}), hint = el('p', {className: 'hint', id: 'record-hint', textContent: 'To record, the server needs a folder: SCOPE_DATA names it.'})
  const knobs = el('div', {}, el('div', {className: 'row'}, start, stop), el('div', {className: 'figures'}, now), format.root, speed.root, el('div', {className: 'row beside'}, loop))
  root.append(hint, knobs, list)
  speed.show('1.0')
  light(loop, false)

  const going = () => state.all.filter((one) => one.ended === null)
  const played = (id) => state.played.find((one) => one.id === id)

  function made({id, format: kind}) {
    const about = el('span', {className: 'about'}), figures = el('span', {className: 'dim'})
    const file = el('a', {className: 'key', href: `recordings/${id}`, textContent: kind === 'csv' ? 'CSV' : 'Arrow', download: '', title: 'Download it'})
    const parquet = el('button', {className: 'key', textContent: 'Parquet', title: 'Make a compressed Parquet file of it', onclick: () => command({do: 'parquet', recording: id})})
    const ready = el('a', {className: 'key', href: `recordings/${id}?format=parquet`, textContent: 'Parquet', download: '', title: 'Download it as Parquet'})
    const play = key('Replay', 'Play it as a live source, under names that begin with replay/', () => command({do: 'replay', recording: id, on: !played(id), speed: Number(speed.value), loop: loop.classList.contains('lit')}), {className: 'key play', ariaLabel: `Replay recording ${id}`})
    const away = key('\u00d7', 'Delete it', async () => {
      if (await ask(`Delete recording ${id} for everybody?`, 'Delete')) command({do: 'erase', recording: id})
    }, {ariaLabel: `Delete recording ${id}`})
    const entry = el('div', {className: 'recording'}, about, figures, el('div', {className: 'row'}, file, parquet, ready, play, away))
    entry.dataset.recording = id
    return entry
  }

  function fill(entry, one) {
    const [about, figures, {children: [, parquet, ready, play, away]}] = entry.children, under = one.ended === null, playing = played(one.id)
    const began = new Date(one.began * 1000), today = began.toDateString() === new Date().toDateString()
    show(about, `${one.id}  ${today ? began.toLocaleTimeString([], {hour12: false}) : began.toLocaleDateString()}  ${one.channels.join(', ')}`)
    about.title = began.toLocaleString()
    const lost = one.missed ? `, ${count(one.missed)} missed` : ''
    show(figures, `${under ? 'recording' : lasted(one.ended - one.began)}, ${size(one.bytes)}, ${count(one.samples)} samples${lost}${one.message ? ': ' + one.message : ''}`)
    figures.classList.toggle('amiss', Boolean(one.missed || one.message))
    parquet.hidden = under || one.parquet > 0 || !state.formats.includes('arrow')
    ready.hidden = !one.parquet
    play.disabled = away.disabled = under
    show(play, playing ? 'Stop' : 'Replay')
    light(play, Boolean(playing))
  }

  function tick() { // what runs while a recording does
    const [one] = going()
    dot.classList.toggle('on', Boolean(one))
    show(word, one ? 'Recording' : 'Record')
    stop.disabled = !one
    show(now, one ? `${lasted(one.lasted + (performance.now() - heard) / 1000)}  ${size(one.bytes)}${going().length > 1 ? `  and ${going().length - 1} more` : ''}` : '')
  }

  setInterval(tick, 500)
  tick()
  return (found) => {
    state = found
    heard = performance.now()
    hint.hidden = found.formats.length > 0
    knobs.hidden = !found.formats.length
    for (const one of format.keys) one.hidden = !found.formats.includes(one.value)
    if (!found.formats.includes(format.value)) format.show(found.formats[0] ?? 'csv')
    const kept = new Map([...list.children].map((entry) => [Number(entry.dataset.recording), entry]))
    found.all.forEach((one, i) => {
      const entry = kept.get(one.id) ?? made(one)
      kept.delete(one.id)
      fill(entry, one)
      if (list.children[i] !== entry) list.insertBefore(entry, list.children[i] ?? null)
    })
    for (const gone of kept.values()) gone.remove()
    tick()
  }
}

function lasted(seconds) {
  const s = Math.max(0, Math.floor(seconds)), pad = (n) => String(n).padStart(2, '0')
  return s < 3600 ? `${Math.floor(s / 60)}:${pad(s % 60)}` : `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`
}

function size(bytes) {
  let n = bytes, unit = 0
  while (n >= 1000 && unit < UNITS.length - 1) { n /= 1000; unit += 1 }
  return `${unit ? n.toPrecision(3) : n} ${UNITS[unit]}`
}
