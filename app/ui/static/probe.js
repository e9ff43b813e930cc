// The page that makes a device a probe: its touch screen, and where the page is a secure one its motion and its microphone.
import {Link} from './stream.js'
import {Microphone} from './microphone.js'
import {Motion} from './motion.js'
import {Pad} from './pad.js'
import {count, engineering} from './units.js'

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789' // none that looks like another
const SPAN = 2000 // ms over which the rate is taken
const $ = (id) => document.getElementById(id)

function own() { // the name of this device, made once
  const made = () => 'phone-' + Array.from(crypto.getRandomValues(new Uint8Array(3)), (n) => LETTERS[n % LETTERS.length]).join('')
  try { return localStorage.probe ??= made() } catch { return made() }
}

function carried() { // the token after the # of the link: taken out of the address, and kept as long as this tab
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given) history.replaceState(null, '', location.pathname + location.search)
  try { return (given ? sessionStorage.token = given : sessionStorage.token) ?? '' } catch { return given ?? '' }
}

function keep(token) {
  try { sessionStorage.token = token } catch { /* then it is asked for again */ }
}

function ask() { // a promise of the token that a person types
  $('ask').hidden = false
  $('token').focus()
  return new Promise((resolve) => {
    $('ask').onsubmit = (event) => {
      event.preventDefault()
      $('ask').hidden = true
      keep($('token').value.trim())
      resolve($('token').value.trim())
    }
  })
}

const trouble = (text) => { if ($('trouble').textContent !== text) $('trouble').textContent = text }

const marks = [] // when the scope took how many
let total = 0
function taken(n) {
  total += n
  marks.push([performance.now(), n])
  receiving()
}

function receiving() { // green while the scope takes samples
  const now = performance.now()
  while (marks.length && now - marks[0][0] > SPAN) marks.shift()
  const [, ...later] = marks, rate = later.reduce((sum, [, n]) => sum + n, 0) / ((now - (marks[0]?.[0] ?? 0)) / 1000)
  $('lamp').dataset.lit = marks.length ? 'yes' : 'no'
  $('lamp').textContent = later.length ? engineering(rate, 'Sa/s', 3) : marks.length ? 'sending' : total ? 'paused' : 'waiting'
  $('sent').textContent = total ? `${count(total)} samples taken` : 'nothing sent yet'
}

class Switch { // a key that turns a source on and off
  constructor(key, source) {
    Object.assign(this, {key, source})
    key.onclick = () => this.on ? this.off() : this.start()
    source.gone = () => this.off()
  }

  get on() { return this.key.ariaPressed === 'true' }

  async start() {
    this.key.ariaPressed = 'true'
    trouble('')
    navigator.wakeLock?.request('screen').catch(() => {}) // a dark screen would end it
    try { await this.source.start() } catch (error) { trouble(said(error)); this.off() }
  }

  off() {
    this.key.ariaPressed = 'false'
    this.source.stop()
  }
}

function said({name, message}) {
  if (name === 'NotAllowedError') return 'This page may not use it: allow it in the browser\u2019s settings of this page, and tap again.'
  return name === 'NotFoundError' ? 'This device has none.' : message
}

const link = new Link(own(), carried(), {taken, trouble, ask})
const pad = new Pad($('pad'), link)
const switches = isSecureContext ? [new Switch($('motion'), new Motion(link, trouble)), new Switch($('mic'), new Microphone(link))] : []

$('name').textContent = link.name
$('sources').hidden = !isSecureContext
$('plain').hidden = isSecureContext
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) return
  const on = switches.filter((each) => each.on)
  for (const each of on) each.off()
  pad.stop()
  if (on.length) trouble('Stopped while this page was hidden.')
})
setInterval(receiving, 500)
