// Pins: screens that are kept with a note, for everybody who looks.
import {ask, el} from './parts.js'
import {key, light} from './fields.js'

const LONGEST = 200 // characters of a note

export function pins(root, command, frame) {
  const note = el('input', {id: 'pin-note', placeholder: 'Note', maxLength: LONGEST, ariaLabel: 'Note for a new pin', title: 'What the pin is about; Enter keeps the screen', autocomplete: 'off'})
  const keep = () => { command({do: 'pin', text: note.value, frame: frame()}); note.value = ''; note.blur() }
  const add = key('Pin', 'Keep what is on the screen with its samples, for everybody (N)', keep, {id: 'pin'})
  const list = el('div', {id: 'pins-list'}), nothing = el('p', {className: 'hint', textContent: 'What is on the screen, kept with its samples and a note. Everybody who looks sees the same pins.'})
  note.onkeydown = (event) => { if (event.key === 'Enter') keep() }
  root.append(el('div', {className: 'row pinning'}, note, add), nothing, list)

  function made({id, time, channels}) {
    const picture = el('img', {src: `pins/${id}.png?thumb=1`, alt: '', width: 96, height: 48, loading: 'lazy', draggable: false})
    const open = el('button', {className: 'thumb', title: 'Show it', ariaLabel: `Show pin ${id}`, onclick: () => command({do: 'show_pin', pin: id})}, picture)
    const text = el('input', {maxLength: LONGEST, placeholder: 'Note', ariaLabel: `Note of pin ${id}`, title: 'Say something else', autocomplete: 'off'})
    text.onchange = () => command({do: 'note', pin: id, text: text.value})
    text.onkeydown = (event) => { if (event.key === 'Enter' || event.key === 'Escape') { if (event.key === 'Escape') text.value = text.defaultValue; text.blur() } }
    const when = new Date(time * 1000), today = when.toDateString() === new Date().toDateString()
    const about = el('span', {textContent: `${id}  ${today ? when.toLocaleTimeString([], {hour12: false}) : when.toLocaleDateString()}  ${channels.join(', ')}`, title: when.toLocaleString()})
    const away = key('\u00d7', 'Take it away', async () => {
      if (await ask(`Delete pin ${id}${text.value ? ` \u201c${text.value}\u201d` : ''} for everybody?`, 'Delete')) command({do: 'unpin', pin: id})
    }, {ariaLabel: `Delete pin ${id}`})
    const refer = key('R', 'Show as reference: its traces, faded, beside the live ones, T on T; again: no more', () => command({do: 'refer', pin: id}), {className: 'key refer', ariaLabel: `Pin ${id} as reference`})
    const entry = el('div', {className: 'pin'}, open, text, about, refer, away)
    entry.dataset.pin = id
    return entry
  }

  function update(all = [], shown = null) {
    nothing.hidden = all.length > 0
    const kept = new Map([...list.children].map((entry) => [Number(entry.dataset.pin), entry]))
    all.forEach((pin, i) => {
      const entry = kept.get(pin.id) ?? made(pin), text = entry.children[1]
      kept.delete(pin.id)
      if (text.defaultValue !== pin.note) { text.defaultValue = pin.note; if (document.activeElement !== text) text.value = pin.note }
      entry.classList.toggle('shown', pin.id === shown)
      if (list.children[i] !== entry) list.insertBefore(entry, list.children[i] ?? null)
    })
    for (const gone of kept.values()) gone.remove()
  }

  document.addEventListener('scope:shown', ({detail}) => { // which of them are references here
    const names = (detail.knobs?.derived ?? []).map((one) => one.name)
    for (const entry of list.children) light(entry.children[3], names.some((name) => name.startsWith(`@${entry.dataset.pin}:`)))
  })

  return {update, keep}
}
