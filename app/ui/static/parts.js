// Small parts of the panel.

const QUIET = {ariaLive: 'off'} // a readout is not spoken at each change: the summary of the screen is, now and then

export function el(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), tag === 'output' ? QUIET : {}, properties)
  made.append(...children)
  return made
}

export function show(element, text) { // touch the page only when something has changed
  if (element.textContent !== text) element.textContent = text
}

export class Knob { // a stepper: minus, a readout that can be typed into, plus; wheel and arrow keys turn it
  constructor(label, id, keys, turn) {
    this.value = ''
    this.input = el('input', {id, inputMode: 'text', autocomplete: 'off', spellcheck: false, title: `Type a number such as 2m or 500u, or turn the wheel (${keys})`})
    const less = el('button', {className: 'key', textContent: '\u2212', title: 'Less', ariaLabel: `${label} less`, id: id + '-less'})
    const more = el('button', {className: 'key', textContent: '+', title: 'More', ariaLabel: `${label} more`, id: id + '-more'})
    this.root = el('div', {className: 'knob'}, el('label', {textContent: label, htmlFor: id}), less, this.input, more)
    less.onclick = () => turn({clicks: -1})
    more.onclick = () => turn({clicks: 1})
    this.input.onfocus = () => this.input.select()
    this.input.onchange = () => { this.told = true; turn({text: this.input.value}) }
    this.input.onblur = () => { this.input.value = this.value }
    this.input.onkeydown = (event) => {
      if (event.key === 'Escape') this.input.value = this.value
      this.told = event.key === 'Escape'
      if (event.key === 'Enter' || event.key === 'Escape') {
        const text = this.input.value
        this.input.blur()
        if (!this.told && /\d/.test(text)) turn({text}) // what it shows already, said again: from now on it is meant
      } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
        event.preventDefault()
        turn({clicks: event.key === 'ArrowUp' ? 1 : -1, ...(event.altKey || event.shiftKey ? {fine: true} : {})})
      }
    }
    this.root.addEventListener('wheel', (event) => {
      event.preventDefault()
      turn({clicks: (event.deltaY || event.deltaX) < 0 ? 1 : -1, ...(event.shiftKey ? {fine: true} : {})}) // with Shift some browsers scroll sideways
    }, {passive: false})
  }

  show(text) {
    this.value = text
    if (document.activeElement !== this.input) this.input.value = text
    else if (!this.typed()) { this.input.value = text; this.input.select() }
  }

  typed() { return this.input.selectionStart === this.input.selectionEnd }
}

export function ask(text, yes) { // a question over the side panel; resolves to true or false
  return new Promise((resolve) => {
    const dialog = el('dialog', {className: 'ask'}, el('p', {textContent: text}))
    const answer = (value) => { dialog.close(); dialog.remove(); resolve(value) }
    const no = el('button', {className: 'key', textContent: 'Cancel', onclick: () => answer(false)})
    dialog.append(el('div', {className: 'row'}, no, el('button', {className: 'key danger', textContent: yes, onclick: () => answer(true)})))
    dialog.addEventListener('cancel', () => answer(false))
    document.body.append(dialog)
    dialog.showModal()
    no.focus()
  })
}

export async function copy(text, button) {
  const before = button.textContent
  try { await navigator.clipboard.writeText(text) } catch { // no clipboard on plain http: select it the old way
    const area = el('textarea', {value: text})
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
  button.textContent = 'Copied'
  setTimeout(() => { button.textContent = before }, 1200)
}

export function keyed(parent, items, make, fill) { // one child for each channel, kept while the channel lives
  const kept = new Map([...parent.children].map((child) => [child.dataset.name, child]))
  items.forEach((item, i) => {
    const child = kept.get(item.name) ?? make()
    kept.delete(item.name)
    child.dataset.name = item.name
    if (child.style.getPropertyValue('--channel') !== item.color) child.style.setProperty('--channel', item.color)
    fill(child, item)
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null)
  })
  for (const gone of kept.values()) gone.remove()
}
