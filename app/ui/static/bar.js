// The bar below the screen: measurements, cursors, spectrum. It takes no room while there is nothing to say.
import {el, show} from './parts.js'

const STATISTICS = [['mean', 'mean'], ['min', 'min'], ['max', 'max'], ['sigma', '\u03c3'], ['count', 'n']]

export class Bar {
  constructor(root) {
    this.root = root
    this.cells = {}
    this.parts = {}
  }

  fill(part, items, statistics = false) { // items: {key, label, value, color?, why?, title?, stats?}
    this.parts[part] = items.length
    const kept = this.cells[part] ??= new Map()
    const names = statistics && items.length ? [{key: '', label: '', value: '', names: true}] : []
    const wanted = [...names, ...items]
    for (const [key, cell] of kept) if (!wanted.some((item) => item.key === key)) { cell.remove(); kept.delete(key) }
    for (const item of wanted) {
      if (!kept.has(item.key)) kept.set(item.key, this.cell(part, item.names))
      dress(kept.get(item.key), item, statistics)
    }
    this.root.hidden = !Object.values(this.parts).some(Boolean)
    if (part === 'measured') this.root.classList.toggle('tall', names.length > 0)
  }

  cell(part, names) {
    const cell = el('div', {className: `cell ${part}${names ? ' names' : ''}`}, el('span'), el('output'))
    const parts = [...this.root.children], order = ['measured', 'cursors', 'spectrum', 'spectrogram']
    const before = names ? this.root.firstChild : parts.find((one) => order.indexOf(one.classList[1]) > order.indexOf(part))
    this.root.insertBefore(cell, before ?? null)
    return cell
  }
}

function dress(cell, item, statistics) {
  show(cell.children[0], item.label)
  show(cell.children[1], item.value)
  if (item.color && cell.style.getPropertyValue('--channel') !== item.color) cell.style.setProperty('--channel', item.color)
  cell.classList.toggle('blank', Boolean(item.why))
  cell.classList.toggle('long', Boolean(item.long))
  const title = item.why ?? item.title ?? ''
  if (cell.title !== title) cell.title = title
  const lines = statistics && (item.stats || item.names) ? STATISTICS : []
  while (cell.children.length - 2 > lines.length) cell.lastChild.remove()
  while (cell.children.length - 2 < lines.length) cell.append(el('output', {className: 'statistic'}))
  lines.forEach(([key, name], i) => show(cell.children[2 + i], item.names ? name : String(item.stats[key] ?? '\u2013')))
}

export function measured(bar, measurements = [], channels = [], statistics = false) {
  const label = (name) => channels.find((c) => c.name === name)?.label ?? name
  bar.fill('measured', measurements.map((m) => ({
    key: m.item, label: `${m.label} ${label(m.channel)}${m.other ? ` \u2192 ${label(m.other)}` : ''}`, value: m.why ? '---' : m.value, color: m.color, why: m.why,
    title: m.note ?? '', stats: m.stats,
  })), statistics)
}
