// Vertical: the knobs of the channel that is chosen, and the choosing.
import {ask, el, keyed, show, Knob} from './parts.js'
import {hue} from './colours.js'
import {boxes} from './display.js'
import {Choice, key, light} from './fields.js'

const COLOURS = [1, 2, 3, 4, 5, 6, 7, 8]
const $ = (id) => document.getElementById(id)

export class Vertical {
  constructor(command) {
    Object.assign(this, {command, channels: [], selected: null})
    const turn = (what) => (turned) => command({do: what, channel: this.selected, ...this.finely(turned)})
    this.fine = false
    this.units = new Knob('Units/div', 'units', 'down and up arrow; with Alt finely', turn('units'))
    this.position = new Knob('Position', 'position', 'Shift with down and up arrow; divisions above the centre', turn('position'))
    this.probe = new Knob('Probe', 'probe', 'multiplies every value of the channel, for everybody', turn('probe'))
    this.coupling = new Choice('Coupling', 'coupling', {dc: 'DC', ac: 'AC'}, (value) => command({do: 'couple', channel: this.selected, ac: value === 'ac'}),
      'AC draws the trace around its mean. Measurements, cursors and the trigger stay those of the signal')
    this.color = new Choice('Colour', 'color', Object.fromEntries(COLOURS.map((n) => [n, ''])), (value) => command({do: 'color', channel: this.selected, value: Number(value) === this.channel()?.slot + 1 ? 0 : Number(value)}),
      'Of the trace, in this tab')
    this.color.keys.forEach((button, place) => { button.ariaLabel = `Colour ${place + 1}`; button.style.setProperty('--channel', hue(place)) })
    this.name = this.field('label', 'Name', 32, 'What people call the channel, everybody; empty: the name that the sender uses')
    this.unit = this.field('unit', 'Unit', 16, 'The unit of its values, for everybody and for good; empty: the one that the sender names')
    this.toggle = key('', 'Draw this channel, or not (its number)', () => this.flip(this.channel()), {id: 'switch'})
    this.invert = key('Invert', 'Draw this channel upside down, around its zero', () => command({do: 'invert', channel: this.selected, on: !this.channel()?.inverted}), {id: 'invert'})
    this.vernier = key('Fine', 'The knobs above turn in small steps: 2 % (Shift with the wheel, Alt with the arrows)', () => { this.fine = !this.fine; light(this.vernier, this.fine) }, {id: 'fine'})
    this.remove = key('Delete\u2026', 'Remove this channel and its samples, for everybody', () => this.forget(this.channel()), {id: 'delete', className: 'key danger'})
    $('vertical').append(this.units.root, this.position.root, el('div', {className: 'row'}, this.toggle, this.invert, this.vernier),
      this.coupling.root, this.probe.root, this.name.parentElement, this.unit.parentElement, this.color.root, el('div', {className: 'row'}, this.remove))
    light(this.vernier, false)
  }

  field(id, label, maxLength, title) { // a text that all share
    const input = el('input', {id, maxLength, title, spellcheck: false, autocomplete: 'off'})
    input.onchange = () => this.command({do: id, channel: this.selected, text: input.value})
    input.onkeydown = (event) => { if (event.key === 'Enter') input.blur() }
    el('div', {className: 'name'}, el('label', {htmlFor: id, textContent: label}), input)
    return input
  }

  finely(turned) { return turned.fine || this.fine ? {...turned, fine: true} : turned }

  channel() { return this.channels.find((c) => c.name === this.selected) }

  flip(c) { if (c) this.command({do: 'switch', channel: c.name, on: !c.on}) }

  async forget(c) {
    if (c && (typeof c.number === 'string' || await ask(`Remove ${c.label} and its samples, for everybody who watches?`, 'Delete'))) this.command({do: 'delete', channel: c.name})
  }

  select(name) {
    this.selected = name
    this.update(this.channels)
    this.chosen?.()
  }

  number(n) { // the key 1..8: select the channel; again: switch it on or off
    const found = this.channels.find((c) => c.number === n)
    if (!found) return
    if (this.selected === found.name) this.flip(found)
    else this.select(found.name)
  }

  update(channels) {
    this.channels = channels
    if (!this.channel()) this.selected = channels.find((c) => c.on)?.name ?? channels[0]?.name ?? null
    keyed($('selector'), channels, () => {
      const button = el('button', {className: 'key', role: 'tab'})
      button.onclick = () => this.select(button.dataset.name)
      return button
    }, (button, c) => { show(button, String(c.number)); button.ariaSelected = String(c.name === this.selected); button.title = c.label; button.ariaLabel = `Channel ${c.number}: ${c.label}` })
    boxes(channels, 'button', (box, c) => this.adapt(box, c))
    const c = this.channel()
    $('vertical').closest('details').hidden = !c
    if (!c) return
    this.units.show(c.units)
    this.position.show(c.position)
    this.probe.show(c.probe)
    this.color.show(String(c.place + 1))
    this.coupling.show(c.ac ? 'ac' : 'dc')
    for (const [input, text] of [[this.name, c.label], [this.unit, c.unit]]) if (document.activeElement !== input) input.value = text
    show(this.toggle, c.on ? 'On' : 'Off')
    light(this.toggle, c.on)
    light(this.invert, c.inverted)
  }

  adapt(box, c) {
    box.classList.toggle('selected', c.name === this.selected)
    box.onclick ??= () => this.select(box.dataset.name)
    box.ondblclick ??= () => this.number(this.channels.find((one) => one.name === box.dataset.name)?.number)
  }
}
