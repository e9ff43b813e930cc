// The keys, over the side panel.
import {el} from './parts.js'

const KEYS = [
  ['Space', 'Run or Stop'], ['S', 'Single'], ['F', 'Force a trigger'], ['A', 'Autoset'], ['K', 'Clear the screen'],
  ['1 \u2026 8', 'Choose a channel; again: on or off'], ['\u2190 \u2192', 'Timebase'], ['Shift \u2190 \u2192', 'Delay'],
  ['\u2191 \u2193', 'Units/div'], ['Shift \u2191 \u2193', 'Position'], ['Alt \u2191 \u2193', 'Either of them, finely'], ['[ ]', 'Trigger level'], ['\\', 'Level to 50 %'],
  ['M', 'Trigger mode'], ['E', 'Slope'], ['C', 'Cursors'], ['X', 'XY, and back'], ['G', 'Spectrum'], ['P', 'Persistence'], ['Z', 'Zoom window'], ['H', 'History, and back to live'],
  [', .', 'Earlier and later trigger'], ['N', 'Pin the screen'],
  ['Ctrl Z', 'Undo'], ['Ctrl S', 'Save the picture'], ['Tab, arrows', 'To a mark or a cursor, and move it'], ['?', 'These keys'], ['Esc', 'Close'],
]
const HANDS = [
  ['Drag the screen', 'Into the past'], ['Double click', 'Back to live'], ['Wheel', 'Timebase'], ['Wheel at the left border', 'Units/div'], ['Shift wheel there', 'Units/div, finely'],
  ['Drag T', 'Level or delay'], ['Drag the box of the zoom', 'Delay; its borders: timebase'], ['Drag a number', 'Position of its trace'], ['Two fingers', 'Timebase'],
]

export function help(opener) {
  const rows = (list) => el('dl', {}, ...list.flatMap(([name, what]) => [el('dt', {textContent: name}), el('dd', {textContent: what})]))
  const close = el('button', {className: 'key', textContent: 'Close', title: 'Close (Esc)'})
  const dialog = el('dialog', {id: 'help', ariaLabel: 'Keys'}, el('h2', {textContent: 'Keys'}), rows(KEYS), el('h2', {textContent: 'Mouse and fingers'}), rows(HANDS), close)
  const toggle = () => {
    if (dialog.open) return dialog.close()
    document.body.append(dialog)
    dialog.show()
    close.focus({preventScroll: true})
    dialog.scrollTop = 0
  }
  dialog.addEventListener('close', () => dialog.remove())
  close.onclick = opener.onclick = toggle
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' && event.key !== '?') return
    event.preventDefault()
    dialog.close()
  })
  return {toggle, close: () => dialog.close()}
}
