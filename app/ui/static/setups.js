// Set-ups that are kept on the server under a name, for everybody.
import {ask, el} from './parts.js'
import {key} from './fields.js'

const LONGEST = 64 // characters of a name

export function setups(root, command) {
  const name = el('input', {id: 'setup-name', placeholder: 'Name of a set-up', maxLength: LONGEST, ariaLabel: 'Name for this set-up', title: 'Enter keeps the knobs you turned under this name, for everybody', autocomplete: 'off'})
  const add = key('Keep', 'Keep the knobs you turned under this name, on this server, for everybody', () => keep(), {id: 'setup-keep'})
  const list = el('div', {id: 'setups-list', className: 'list'})
  let all = []
  name.onkeydown = (event) => { if (event.key === 'Enter') { event.preventDefault(); keep() } } // else it would press the key of the question, too
  root.append(el('div', {className: 'row pinning'}, name, add), list)

  async function keep() {
    const text = name.value.trim().replace(/\s+/g, ' ')
    if (!text) return name.focus()
    if (all.some((one) => one.name === text) && !(await ask(`Replace the set-up \u201c${text}\u201d for everybody?`, 'Replace'))) return
    command({do: 'keep_setup', name: text})
    name.value = ''
    name.blur()
  }

  function made(one) {
    const when = new Date(one.time * 1000).toLocaleString()
    const open = el('button', {className: 'entry-name', title: `Have these knobs (undo brings back the present ones); kept ${when}`, onclick: () => command({do: 'setup', setup: one.id})}, one.name)
    const away = key('\u00d7', 'Delete it', async () => {
      if (await ask(`Delete the set-up \u201c${one.name}\u201d for everybody?`, 'Delete')) command({do: 'drop_setup', setup: one.id})
    }, {ariaLabel: `Delete set-up ${one.name}`})
    return el('div', {className: 'entry kit'}, open, away)
  }

  return (found = []) => {
    all = found
    list.replaceChildren(...found.map(made))
  }
}
