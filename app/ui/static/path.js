// The data path: what is known of the way from a sender to this screen. Losses are told only where they are known.
import {el, keyed, show} from './parts.js'

const KEPT = {memory: 'until a restart', file: 'in files', stream: 'in Redis'}
const DASH = '\u2013', dashed = (text) => !text || text === '-' ? DASH : text
const HEADS = [['channel', ''], ['rate', 'Samples a second'], ['gaps', 'Pauses and jumps of x'], ['lost', 'Requests that never came; known where the sender numbers them (X-Seq)'], ['clock', "How far the sender's clock is ahead of the server's; known where x is a time since 1970"]]

export function told(channels) { // lost requests of all channels together; a dash where no sender numbers them
  const known = channels.map((c) => c.lost).filter((lost) => lost !== undefined && lost !== '-')
  return known.length ? String(known.reduce((sum, lost) => sum + Number(lost), 0)) : DASH
}

export const described = (c) => `gaps ${c.gaps}, lost ${dashed(c.lost)}${c.skew ? `, clock ${c.skew}` : ''}`

export function dataPath(root) {
  const line = (label, id, title) => el('div', {className: 'fact', title}, el('span', {textContent: label}), el('output', {id}))
  const body = el('tbody')
  root.append(
    line('samples are kept', 'path-durability', 'How long samples last: until a restart, or beyond it, in files (SCOPE_DATA) or in Redis (SCOPE_REDIS)'),
    line('sample to screen', 'path-latency', "From a sample's arrival to its picture on this screen"),
    el('table', {className: 'path'}, el('thead', {}, el('tr', {}, ...HEADS.map(([textContent, title]) => el('th', {textContent, title})))), body),
    el('a', {id: 'health', className: 'key', href: 'status', target: '_blank', textContent: 'Health of the server'}))
  const [durability, latency] = root.querySelectorAll('output')
  return ({channels, durability: level}) => {
    show(durability, KEPT[level] ?? level ?? DASH)
    show(latency, document.getElementById('status-delay').textContent)
    keyed(body, channels.filter((c) => c.gaps !== undefined), () => el('tr', {}, ...HEADS.map(() => el('td'))), (row, c) => {
      [c.label, c.rate, c.gaps, dashed(c.lost), dashed(c.skew)].forEach((text, i) => show(row.children[i], text))
    })
  }
}
