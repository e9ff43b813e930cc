// Save: the screen as a file, the set-up as a link or a file, and back.
import {copy, el} from './parts.js'
import {key} from './fields.js'

const FORMAT = 'web-oscilloscope set-up', LARGEST = 65536 // bytes of a file that is read as a set-up

export function save(root, command, glass, complain) {
  const kinds = {png: 'Picture of the screen (Ctrl+S)', csv: 'Samples on the screen as a table', npz: 'Samples on the screen for NumPy'}
  const files = Object.entries(kinds).map(([kind, title]) => el('a', {className: 'key', id: 'save-' + kind, textContent: kind.toUpperCase(), title, download: ''}))
  const link = key('Copy link', 'A link with the knobs you turned', () => copy(location.href, link))
  const file = el('input', {type: 'file', accept: '.json,application/json', hidden: true, id: 'setup-file'})
  const keep = key('Set-up to file', 'The knobs you turned, as a file', () => download(JSON.stringify({format: FORMAT, query: location.search.slice(1)}, null, 1)), {id: 'setup-save'})
  const recall = key('From file\u2026', 'Knobs from such a file', () => file.click(), {id: 'setup-recall'})
  const defaults = key('Defaults', 'Let go of all knobs, of measurements and the trigger (undo brings them back)', () => command({do: 'defaults'}), {id: 'defaults'})
  root.append(el('div', {className: 'row'}, ...files), el('div', {className: 'row'}, link, defaults), el('div', {className: 'row'}, keep, recall), file)
  const aim = () => { for (const a of files) a.href = glass(a.id.slice(5)) }
  for (const a of files) for (const kind of ['pointerdown', 'focus']) a.addEventListener(kind, aim)
  file.onchange = async () => {
    const [chosen] = file.files
    file.value = ''
    const query = chosen && chosen.size <= LARGEST ? read(await chosen.text()) : null
    if (query === null) complain('That file holds no set-up of this oscilloscope.')
    else location.assign(location.pathname + (query ? '?' + query : ''))
  }
  aim()
  return {picture: () => { aim(); files[0].click() }, aim}
}

function read(text) {
  try {
    const {format, query} = JSON.parse(text)
    return format === FORMAT && typeof query === 'string' ? new URLSearchParams(query).toString() : null
  } catch { return null }
}

function download(text) {
  const url = URL.createObjectURL(new Blob([text], {type: 'application/json'}))
  el('a', {href: url, download: 'scope-setup.json'}).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
