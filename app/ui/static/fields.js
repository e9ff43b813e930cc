// Choices of the panel: a switch with a key for each, a menu, a key that is on or off.
import {el} from './parts.js'

export class Choice {
  constructor(label, id, choices, choose, title) { // choices: value -> text
    this.keys = Object.entries(choices).map(([value, text]) =>
      el('button', {className: 'key', value, textContent: text, role: 'radio', onclick: (event) => {
        if (event.detail) event.target.blur() // by hand: the keys of the panel are meant again
        choose(value)
      }}))
    const group = el('div', {className: 'choice', id, role: 'radiogroup', ariaLabel: label, title}, ...this.keys)
    group.onkeydown = (event) => this.walk(event)
    this.root = el('div', {className: 'field'}, el('span', {textContent: label}), group)
  }

  walk(event) { // with the arrows, as among radio buttons; Tab goes to the one that is chosen and on
    const way = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key]
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const {keys} = this, next = keys[(keys.indexOf(event.target) + way + keys.length) % keys.length]
    next.focus()
    next.click()
  }

  show(value) {
    this.value = value
    const some = this.keys.some((key) => key.value === value)
    this.keys.forEach((key, i) => {
      const checked = key.value === value, index = checked || (!some && i === 0) ? 0 : -1
      if (key.ariaChecked !== String(checked)) key.ariaChecked = String(checked)
      if (key.tabIndex !== index) key.tabIndex = index
    })
  }
}

export class Menu {
  constructor(label, id, choose, title) {
    this.select = el('select', {id, title})
    this.select.onpointerdown = () => { this.touched = true }
    this.select.onchange = () => {
      choose(this.select.value)
      this.select.value = this.value
      if (this.touched) this.select.blur() // chosen by hand: the keys of the panel are meant again
      this.touched = false
    }
    this.root = el('div', {className: 'field'}, el('label', {textContent: label, htmlFor: id}), this.select)
    this.value = this.known = ''
  }

  offer(items) { // [value, text, color?] each; {group, items} where they have a heading
    const known = JSON.stringify(items)
    if (known === this.known) return this
    this.known = known
    this.select.replaceChildren(...items.map((item) => item.group
      ? Object.assign(el('optgroup', {label: item.group}, ...item.items.map(option))) : option(item)))
    this.select.value = this.value
    return this
  }

  show(value) {
    this.value = value
    if (this.select.value !== value) this.select.value = value
  }
}

function option([value, text, color]) {
  const made = el('option', {value, textContent: text})
  if (color) made.style.color = color
  return made
}

export function key(text, title, onclick, properties = {}) {
  return el('button', {className: 'key', textContent: text, title, onclick, ...properties})
}

export function light(element, on) { // a key that is on or off
  element.classList.toggle('lit', on)
  if (element.ariaPressed !== String(on)) element.ariaPressed = String(on)
}
