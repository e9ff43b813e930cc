// How to send: lines that hold this page's own address, a code for a phone, and a lamp, on the empty screen and in the panel.
import {Menu} from './fields.js'
import {Scan} from './phone.js'
import {copy, el, show} from './parts.js'
import {snippets} from './snippets.js'
import {engineering, parsed} from './units.js'

const DEMO = 'demo'
const base = new URL('.', location.href.split(/[?#]/)[0]).href
const {asks, signed, lan} = document.body.dataset
let token = '' // what a person typed: it stays in this page

const texts = () => snippets(base, {token: asks ? token || 'TOKEN' : '', selfSigned: signed === 'self', lan})

class Panel { // one place that tells how to send; tabs where there is room for them, else a menu
  constructor(root, {tabs}, demo) {
    this.name = 'curl'
    this.pre = el('pre')
    const button = el('button', {className: 'key copy', textContent: 'Copy', onclick: () => copy(this.pre.textContent, button)})
    this.picker = tabs ? this.tabs() : this.menu()
    this.scan = new Scan(base, lan, () => token)
    this.lamp = el('output', {className: 'receiving'})
    this.here = el('a', {className: 'key here', textContent: 'This device as a probe'})
    root.append(...(asks ? [this.asked()] : []), this.picker, el('div', {className: 'snippet'}, this.pre, button),
      this.here, this.scan.root, el('div', {className: 'row beneath'}, this.lamp, demo))
    this.pick(this.name)
  }

  tabs() {
    const pick = (name) => el('button', {className: 'key', role: 'tab', textContent: name, onclick: () => this.pick(name)})
    return el('div', {className: 'tabs', role: 'tablist'}, ...Object.keys(texts()).map(pick))
  }

  menu() {
    const menu = new Menu('With', 'send-with', (name) => { menu.show(name); this.pick(name) }, 'A program or a device that sends')
    menu.offer(Object.keys(texts()).map((name) => [name, name])).show(this.name)
    return menu.root
  }

  asked() { // for the token
    const input = el('input', {type: 'password', autocomplete: 'off', placeholder: 'TOKEN', title: 'Stays in this page; it goes into the lines below and the code'})
    input.oninput = () => { token = input.value.trim(); document.dispatchEvent(new CustomEvent('scope:token')) }
    document.addEventListener('scope:token', () => { if (document.activeElement !== input) input.value = token; this.pick(this.name); this.look() })
    return el('label', {className: 'name'}, 'Write token', input)
  }

  pick(name) {
    this.name = name
    show(this.pre, texts()[name])
    this.here.href = 'probe' + (token && '#' + new URLSearchParams({token}))
    for (const tab of this.picker.querySelectorAll('[role=tab]')) tab.ariaSelected = String(tab.textContent === name)
  }

  look() { if (this.lamp.offsetParent) this.scan.show() } // once it can be seen

  receiving(text, lit) {
    show(this.lamp, text)
    this.lamp.classList.toggle('lit', lit)
  }
}

function received(channels) { // what the server has taken from senders, and what comes now
  const rate = channels.reduce((sum, c) => sum + parsed(c.rate), 0)
  if (rate > 0) return ['receiving ' + engineering(rate, 'Sa/s', 3), true]
  return [channels.length ? 'nothing comes at the moment' : 'waiting for the first sample', false]
}

export function sending(group, card, beside, command) {
  let running = false
  const demo = () => el('button', {className: 'key demo'})
  const demos = [demo(), demo(), beside]
  for (const button of demos) button.onclick = () => command({do: 'demo', on: !running})
  card.append(el('h1', {textContent: 'Waiting for the first sample'}),
    el('p', {className: 'hint', textContent: 'Whoever can POST a number is a probe. Try one of these:'}))
  const panels = [new Panel(card, {tabs: true}, demos[0]), new Panel(group, {tabs: false}, demos[1])]
  group.closest('details').addEventListener('toggle', () => panels[1].look())
  document.addEventListener('scope:shown', ({detail}) => {
    running = Boolean(detail.demo)
    beside.hidden = !running
    card.hidden = detail.channels.length > 0
    for (const button of demos) show(button, running ? 'Stop demo signal' : 'Start demo signal')
    const [text, lit] = received(detail.channels.filter((c) => typeof c.number === 'number' && !(running && c.name === DEMO)))
    for (const panel of panels) { panel.receiving(text, lit); panel.look() }
  })
}
