// Vertical: the knobs of the channel that is chosen, and the choosing.
import {ask, el, show, Knob} from './parts.js'
import {boxes, keyed} from './display.js'

const $ = (id) => document.getElementById(id)

export class Vertical {
  constructor(command) {
    Object.assign(this, {command, channels: [], selected: null})
    const turn = (what) => (turned) => command({do: what, channel: this.selected, ...turned})
    this.units = new Knob('Units/div', 'units', 'down and up arrow', turn('units'))
    this.position = new Knob('Position', 'position', 'Shift with down and up arrow', turn('position'))
    this.name = el('input', {id: 'label', maxLength: 32, spellcheck: false, ariaLabel: 'Name of the channel'})
    this.toggle = el('button', {className: 'key', id: 'switch', title: 'Draw this channel, or not (its number)'})
    this.invert = el('button', {className: 'key', id: 'invert', textContent: 'Invert', title: 'Draw this channel upside down, around its zero'})
    this.remove = el('button', {className: 'key danger', id: 'delete', textContent: 'Delete\u2026', title: 'Remove this channel and its samples, for everybody'})
    $('vertical').append(this.units.root, this.position.root,
      el('div', {className: 'name'}, el('label', {htmlFor: 'label', textContent: 'Name'}), this.name), el('div', {className: 'row'}, this.toggle, this.invert, this.remove))
    this.name.onchange = () => command({do: 'label', channel: this.selected, text: this.name.value})
    this.name.onkeydown = (event) => { if (event.key === 'Enter') this.name.blur() }
    this.toggle.onclick = () => this.flip(this.channel())
    this.invert.onclick = () => this.command({do: 'invert', channel: this.selected, on: !this.channel()?.inverted})
    this.remove.onclick = () => this.forget(this.channel())
  }

  channel() { return this.channels.find((c) => c.name === this.selected) }

  flip(c) { if (c) this.command({do: 'switch', channel: c.name, on: !c.on}) }

  async forget(c) {
    if (c && await ask(`Remove ${c.label} and its samples, for everybody who watches?`, 'Delete')) this.command({do: 'delete', channel: c.name})
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
    }, (button, c) => { show(button, String(c.number)); button.ariaSelected = String(c.name === this.selected); button.title = c.label })
    boxes(channels, 'button', (box, c) => this.adapt(box, c))
    const c = this.channel()
    $('vertical').closest('details').hidden = !c
    if (!c) return
    this.units.show(c.units)
    this.position.show(c.position)
    if (document.activeElement !== this.name) this.name.value = c.label
    show(this.toggle, c.on ? 'On' : 'Off')
    this.toggle.classList.toggle('lit', c.on)
    this.invert.classList.toggle('lit', c.inverted)
  }

  adapt(box, c) {
    box.classList.toggle('selected', c.name === this.selected)
    box.onclick ??= () => this.select(box.dataset.name)
    box.ondblclick ??= () => this.number(this.channels.find((one) => one.name === box.dataset.name)?.number)
  }
}
