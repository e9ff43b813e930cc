// Colours: the theme, the palette, and which of its eight each channel has. They are variables of theme.css.
import {Echo} from './echo.js'

const SLOTS = ['#FFD60A', '#00E5FF', '#FF5CF4', '#5AA2FF', '#FF9F0A', '#34D158', '#C9A2FF', '#FF6B6B'] // as the server names them
const DASHES = [ // px on and off, for those who do not tell colours apart
  [], [10, 4], [3, 3], [10, 3, 3, 3],
  [18, 4], [6, 6], [14, 3, 3, 3, 3, 3], [2, 6],
]
const MARKERS = ['circle', 'square', 'triangle', 'diamond', 'inverted_triangle', 'hex', 'star', 'plus']
const USUAL = {theme: 'dark', palette: 'standard'}
const root = document.documentElement
const bright = matchMedia('(prefers-color-scheme: light)')

export const slotOf = (color) => SLOTS.indexOf(color)
export const hue = (place) => `var(--ch${place + 1})`
export const tone = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim()

export function stroke(place) { // how a trace with this place in the palette is drawn
  const plain = root.dataset.palette !== 'okabe-ito'
  return {color: tone(`ch${place + 1}`), dash: plain ? [] : DASHES[place], marker: MARKERS[plain ? 0 : place]}
}

export function tinted(channels, colors = {}) { // channels with their slots, places in the palette and colours
  return channels.map((c) => {
    const slot = slotOf(c.color), place = (colors[c.name] || slot + 1) - 1 // a derived channel that is off has none
    return {...c, slot, place, color: place < 0 ? c.color : hue(place)}
  })
}

export function tintedToo(measurements, channels) { // likewise, of the channels they are of
  return measurements?.map((m) => ({...m, color: channels.find((c) => c.name === m.channel)?.color ?? 'var(--dim)'}))
}

export function colors(query) { // by channel, as a link has them
  return Object.fromEntries([...query].filter(([name]) => name.startsWith('color.')).map(([name, value]) => [name.slice(6), Number(value)]))
}

export class Look { // what this browser remembers, and what a link says: that goes before
  constructor(changed) {
    const query = new URLSearchParams(location.search)
    this.before = {}
    this.echoes = {}
    this.now = {}
    for (const [name, usual] of Object.entries(USUAL)) {
      this.before[name] = localStorage.getItem(name) || usual
      this.echoes[name] = new Echo()
      this.now[name] = query.get(name) || this.before[name]
    }
    bright.addEventListener('change', () => this.apply())
    this.apply()
    this.changed = changed
  }

  theme() { return this.now.theme === 'auto' ? (bright.matches ? 'light' : 'dark') : this.now.theme === 'light' ? 'light' : 'dark' }

  apply() {
    Object.assign(root.dataset, {theme: this.theme(), palette: this.now.palette})
    this.changed?.()
  }

  keep() { this.before = {...this.now} } // the set-up lets go of it, the browser does not

  choose(name, value) { // a person did
    this.mine = true
    this.echoes[name].send(value)
    this.set({...this.now, [name]: value})
  }

  take(look) { // the set-up of the tab, which may have been taken back
    const news = Object.keys(USUAL).filter((name) => this.echoes[name].news(look[name] ?? ''))
    this.set({...this.now, ...Object.fromEntries(news.map((name) => [name, look[name] ?? this.before[name]]))})
  }

  set(next) {
    if (Object.keys(next).every((name) => next[name] === this.now[name])) return
    this.now = next
    if (this.mine) for (const [name, value] of Object.entries(next)) localStorage.setItem(name, value)
    this.apply()
  }

  told() { // for a picture that the server paints: what differs from the usual
    const found = {theme: this.theme(), palette: this.now.palette}
    return Object.entries(found).filter(([name, value]) => value !== USUAL[name])
  }
}
