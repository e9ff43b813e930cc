// How the process is: asked every other second, without a session; rates are from one answer to the next.
import {el, show} from './parts.js'
import {count, engineering} from './units.js'

const EVERY = 2000 // ms
const $ = (id) => document.getElementById(id)
const DASH = '\u2013'
const NAMES = {loop_lag: 'loop keeps up', memory: 'memory', store: 'store', pages: 'pages', draining: 'not ending', recordings_disk: 'disk for recordings'}
const TRIES = 4, AWAY = 10000 // ms without an answer of a process after which another one is shown
const seen = new Map() // processes by boot id, and when each answered last: behind one address there may be several
let last = null, mine = ''

const bytes = (n) => n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : `${(n / 1e6).toFixed(1)} MB`

function since(seconds) {
  const s = Math.floor(seconds), two = (n) => String(n).padStart(2, '0')
  return `${s >= 86400 ? `${Math.floor(s / 86400)} d ` : ''}${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
}

function fill(id, rows) { // [name, value, class]
  const list = $(id)
  while (list.children.length > 2 * rows.length) list.lastChild.remove()
  while (list.children.length < 2 * rows.length) list.append(el('dt'), el('dd'))
  rows.forEach(([name, value, kind = ''], i) => {
    show(list.children[2 * i], name)
    show(list.children[2 * i + 1], value)
    list.children[2 * i + 1].className = kind
  })
}

function rate(now, pick, unit) {
  const passed = last && last.boot_id === now.boot_id ? now.uptime - last.uptime : 0
  return passed > 0 ? engineering((pick(now) - pick(last)) / passed, unit, 3) : DASH
}

const some = (n) => [count(n), n ? '' : 'none']

function channels(list) {
  const body = $('channels')
  while (body.children.length > list.length) body.lastChild.remove()
  while (body.children.length < list.length) body.append(el('tr', {}, ...Array.from({length: 7}, () => el('td'))))
  list.forEach((c, i) => {
    const cells = body.children[i].children
    const texts = [c.label, count(c.total), engineering(c.rate, 'Sa/s', 3), count(c.gaps), c.lost === null ? DASH : count(c.lost),
      c.skew === null ? DASH : `${c.skew >= 0 ? '+' : ''}${c.skew.toFixed(3)} s`, engineering(Math.max(0, c.silent), 's', 3)]
    texts.forEach((text, n) => show(cells[n], text))
  })
}

function update(now) {
  show($('lamp'), now.status === 'pass' ? 'READY' : 'NOT READY')
  $('lamp').dataset.state = now.status
  show($('uptime'), since(now.uptime))
  show($('durability'), now.durability)
  show($('notices'), now.notices.join(' '))
  $('notices').hidden = !now.notices.length
  fill('checks', Object.entries(now.checks).map(([name, passed]) => [NAMES[name] ?? name, passed ? 'yes' : 'no', passed ? 'good' : 'bad']))
  fill('in', [['samples', count(now.in.samples)], ['samples a second', rate(now, (s) => s.in.samples, 'Sa/s')], ['bodies', count(now.in.bodies)],
    ['bodies a second', rate(now, (s) => s.in.bodies, '/s')], ['bytes a second', rate(now, (s) => s.in.bytes, 'B/s')]])
  fill('lost', [['numbers left out', ...some(now.lost.seq_gaps)], ['out of order', ...some(now.lost.out_of_order)], ['sent twice, stored once', ...some(now.lost.duplicates)],
    ['overwritten or deleted', ...some(now.lost.evicted)]])
  const refused = Object.entries(now.in.refused)
  fill('refused', refused.length ? refused.map(([code, n]) => [code, count(n)]) : [['nothing so far', '', 'none']])
  const dropped = Object.entries(now.out.dropped).filter(([, n]) => n).map(([reason, n]) => `${reason} ${count(n)}`).join(', ')
  fill('out', [['front panels', count(now.out.panels)], ['viewers', count(now.out.viewers)], ['frames a second', rate(now, (s) => s.out.sent, '/s')],
    ['not sent, viewer busy', ...some(now.out.skipped)], ['viewers given up', dropped || '0', dropped ? '' : 'none']])
  fill('process', [['memory', bytes(now.process.rss)], ['limit', now.process.limit ? bytes(now.process.limit) : DASH],
    ['overload', ['no', 'samples refused', 'viewers sent away'][now.process.overload], now.process.overload ? 'bad' : 'none'],
    ['samples kept', `${count(now.process.samples)}, ${bytes(now.process.samples_bytes)}`], ['loop lag, most of 15 s', engineering(now.process.lag, 's', 2)],
    ['who may send', now.process.open ? 'anybody' : 'with a token']])
  const details = Object.entries(now.details)
  $('more').hidden = !details.length
  fill('details', details.map(([name, value]) => [name, Number.isInteger(value) ? count(value) : typeof value === 'number' ? engineering(value, '', 3) : String(value ?? DASH)]))
  channels(now.channels)
  const several = seen.size > 1 ? `, one of ${seen.size} processes` : ''
  show($('version'), `version ${now.version}, started as ${now.boot_id}${several}`)
  last = now
}

async function asked() { // what the process that is shown says
  for (let i = 0; i < TRIES; i++) {
    const answer = await fetch('status.json', {cache: 'no-store'})
    if (answer.status === 401) return location.reload()
    if (!answer.ok) throw new Error(answer.status)
    const now = await answer.json(), at = performance.now()
    seen.set(now.boot_id, at)
    for (const [id, when] of seen) if (at - when > AWAY) seen.delete(id)
    if (!seen.has(mine)) mine = now.boot_id
    if (now.boot_id === mine) return now
  }
}

async function look() {
  try {
    const now = await asked()
    if (now) update(now)
  } catch {
    show($('lamp'), 'NO ANSWER')
    $('lamp').dataset.state = 'lost'
  }
  setTimeout(look, EVERY)
}
look()
