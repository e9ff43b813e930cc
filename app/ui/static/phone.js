// A phone as a probe: the address at which it finds this scope, and the code that it scans.
import {el, show} from './parts.js'

const LOCAL = /^(.*\.)?localhost$|^127\.|^\[::1\]$/
const PORTS = {'http:': '80', 'https:': '443'}
const NOWHERE = 'A phone cannot reach this scope under the address of this page. Open the page under this machine\u2019s address in your network, and a code to scan appears here.'
const PLAIN = 'Its touch screen becomes two channels. Over https (./start.sh --tls) also motion and microphone.'
const SECURE = 'Its motion, microphone and touch screen become channels.'

export function found(base, lan) { // the phone's page as another machine finds it; null: it does not
  const url = new URL('probe', base)
  if (!LOCAL.test(url.hostname)) return url
  const [, host, port] = /^(.+):(\d+)$/.exec(lan) ?? []
  if (!host || port !== (url.port || PORTS[url.protocol])) return null // another port is somebody's mapping of it
  url.hostname = host
  return url
}

export class Scan { // the code with its address; it is made when it is first looked at
  constructor(base, lan, token) {
    this.url = found(base, lan)
    this.token = token
    this.made = this.source = ''
    const text = el('div', {}, el('b', {textContent: 'A phone as a probe'}))
    this.root = el('div', {className: 'scan'}, text)
    if (!this.url) { text.append(el('p', {className: 'hint', textContent: NOWHERE})); return }
    this.picture = el('img', {alt: 'QR code of ' + this.url.href})
    this.root.prepend(this.picture)
    const link = el('a', {href: this.url.href, target: '_blank', textContent: this.url.href.replace(/^https?:\/\//, '')})
    text.append(el('p', {className: 'hint', textContent: 'Scan, or open there: '}, link), this.note = el('p', {className: 'hint'}))
    show(this.note, this.url.protocol === 'https:' ? SECURE : PLAIN)
  }

  async show() { // as the token has it now
    if (!this.url) return
    const token = this.token()
    this.url.hash = token ? new URLSearchParams({token}) : '' // what comes after # is sent to no server
    if (this.url.href === this.made) return
    const asked = this.made = this.url.href
    const answer = await fetch('code.svg', {method: 'POST', body: JSON.stringify({text: asked})}).catch(() => null)
    if (asked !== this.made) return
    if (!answer?.ok) { this.made = ''; return }
    URL.revokeObjectURL(this.source)
    this.picture.src = this.source = URL.createObjectURL(await answer.blob())
  }
}
