// History: the list of triggers in all that is retained, steps from one to the next, and where in it the screen is.
import {el, show} from './parts.js'
import {key, light} from './fields.js'
import {drag, seldom} from './drag.js'
import {clock, count as counted, engineering} from './units.js'

const MOST = 300 // triggers in the list, the newest
const EVERY = 2000, SETTLED = 200 // ms between two looks while samples come, and after a knob was turned
const CLICKED = 2000 // ms in which the screen gets to the trigger that was asked for
const STEP = 1 / 50 // of all that is retained, by an arrow key

export function history(root, command, {query, complain, axis}) {
  let now = {}, events = [], total = 0, listed = false, asked = '', levels = '', looked = 0, timer = 0, under = false, looking = false, seen = '', clicked = -CLICKED
  const count = el('output', {id: 'trigger-total'}), still = el('p', {className: 'hint', id: 'triggers-still', hidden: true, textContent: 'The list stands still while the screen shows a trigger. It is renewed when the screen is live again, or when you open it anew.'})
  const list = el('div', {id: 'triggers', className: 'events', role: 'listbox', ariaLabel: 'Triggers', hidden: true})
  const open = key('List of triggers', 'All triggers in what is retained, by the trigger as it is set now', () => { listed = !listed; look(true) }, {id: 'triggers-key'})
  const older = key('\u25c2 Earlier', 'The trigger before the one on the screen (,)', () => step('before'), {id: 'hit-before'})
  const newer = key('Later \u25b8', 'The trigger after the one on the screen (.)', () => step('after'), {id: 'hit-after'})
  const oldest = key('Oldest', 'The oldest samples that are retained', () => command({do: 'place', share: 0}), {id: 'oldest'})
  const newest = key('Newest', 'The newest samples again (H)', () => command({do: 'live'}), {id: 'newest'})
  const way = bar(command)
  root.append(way.root, el('div', {className: 'row'}, oldest, older, newer, newest), el('div', {className: 'row'}, open), el('p', {className: 'hint figures'}, count), still, list)
  root.parentElement.addEventListener('toggle', () => look(true))

  async function fetched(words) {
    const parameters = new URLSearchParams(query())
    for (const [name, value] of Object.entries(words)) parameters.set(name, value)
    const answer = await fetch('triggers?' + parameters)
    if (!answer.ok) throw new Error((await answer.json()).message)
    return {found: await answer.json(), all: Number(answer.headers.get('X-Total-Count'))}
  }

  async function step(which) { // to the next one, from the one on the screen or from where the screen is
    if (under) return
    under = true
    try {
      const at = place(), {found} = await fetched({limit: 1, ...(at === null ? {} : {[which]: at})})
      const [next] = which === 'after' && at === null ? [] : found
      if (next) command({do: 'hit', hit: next.hit})
      else complain(which === 'after' ? 'There is no later trigger.' : 'There is no earlier trigger.')
    } catch (error) { complain(error.message) } finally { under = false }
  }

  function place() { // the sample from where a step goes; null: the newest
    const {hit, history: past} = now.knobs ?? {}
    if (!past) return null
    return hit ? Number(hit.split(',')[1]) : Math.round((now.retained.start + now.retained.stop) / 2)
  }

  const held = () => Boolean(now.knobs?.hit) || performance.now() - clicked < CLICKED // what was clicked stays in the list

  async function look(anew = false) { // run the trigger over all that is retained, and fill the list; anew: whatever the screen shows
    clearTimeout(timer)
    timer = 0
    light(open, listed)
    list.hidden = !listed
    count.parentElement.hidden = !listed
    if (!listed || !root.parentElement.open || (held() && !anew)) return
    if (looking) { timer = setTimeout(() => look(anew), SETTLED); return }
    looked = performance.now()
    looking = true
    try {
      const {found, all} = await fetched({limit: MOST})
      if (held() && !anew) return
      events = found.reverse()
      total = all
      fill()
    } catch (error) { show(count, error.message) } finally { looking = false }
  }

  function fill() {
    const more = total > events.length ? `, the newest ${events.length} of them here` : ''
    show(count, `${counted(total)} trigger${total === 1 ? '' : 's'}${more}`)
    const kept = new Map([...list.children].map((row) => [row.dataset.hit, row]))
    events.forEach((event, i) => {
      const row = kept.get(event.hit) ?? made(event)
      kept.delete(event.hit)
      show(row.lastChild, when(event))
      if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null)
    })
    for (const gone of kept.values()) gone.remove()
    mark()
  }

  function made({number, hit}) {
    const row = el('button', {className: 'event', role: 'option', title: 'Show it'}, el('span', {textContent: String(number)}), el('output'))
    row.dataset.hit = hit
    row.onclick = () => { clicked = performance.now(); command({do: 'hit', hit}) }
    return row
  }

  function when({x, ago}) { // as time of day, or how long before the newest sample, or where x began afresh since: x
    const {clock: day, unit} = axis()
    if (day) return clock(x, 1)
    return ago === null ? `at ${engineering(x, unit, 5)}` : `\u2212${engineering(ago, unit, 4)}`
  }

  function mark() { // the one on the screen
    for (const row of list.children) {
      const own = String(row.dataset.hit === now.knobs?.hit)
      if (row.ariaSelected === own) continue
      row.ariaSelected = own
      if (own === 'true') row.scrollIntoView({block: 'nearest'})
    }
  }

  function update(state) {
    now = state
    root.parentElement.hidden = !state.retained && !state.knobs?.history
    way.show(state.retained, Boolean(state.knobs?.history))
    newest.disabled = !state.knobs?.history
    mark()
    still.hidden = !listed || !state.knobs?.hit
    if (!listed || !root.parentElement.open) return
    const {trigger: t, samples} = state, wanted = JSON.stringify([t?.kind, t?.lead, t?.automatic || t?.marks, t?.hysteresis, t?.slope, t?.polarity, t?.condition, t?.way,
      t?.low_width, t?.high_width, t?.time, t?.holdoff])
    const turned = wanted !== asked
    if (turned || (!held() && String(t?.marks) !== levels)) { // an automatic level moves by itself
      asked = wanted
      levels = String(t?.marks)
      clearTimeout(timer)
      timer = setTimeout(() => look(turned), SETTLED)
    } else if (!timer && samples !== seen && !held()) timer = setTimeout(look, Math.max(0, looked + EVERY - performance.now()))
    if (!held()) seen = samples
  }

  return {update, earlier: () => step('before'), later: () => step('after')}
}

function bar(command) { // where in what is retained the screen is; a click or a drag goes there
  const part = el('i'), root = el('div', {id: 'retained', className: 'retained', role: 'slider', tabIndex: 0, ariaLabel: 'Place in what is retained',
    title: 'All that is retained, and what of it the screen shows: click or drag to go there', ariaValueMin: '0', ariaValueMax: '100'}, part)
  let share = 1, local = null
  const send = seldom((to) => command({do: 'place', share: to}))
  const go = (to) => { local = Math.min(Math.max(to, 0), 1); send(local); place() }
  const at = (x) => { const box = root.getBoundingClientRect(); return (x - box.left) / box.width }
  let width = 1
  const place = () => {
    const middle = local ?? share, size = Math.max(width, 0.012)
    part.style.cssText = `left:${(100 * Math.min(Math.max(middle - size / 2, 0), 1 - size)).toFixed(2)}%;width:${(100 * size).toFixed(2)}%`
  }
  root.addEventListener('pointerdown', (event) => { if (!event.button) go(at(event.clientX)) })
  drag(root, {move: (x) => go(at(x))})
  for (const kind of ['pointerup', 'pointercancel']) window.addEventListener(kind, () => { if (local !== null) setTimeout(() => { local = null }, 400) })
  root.addEventListener('keydown', (event) => {
    const to = {ArrowLeft: share - Math.max(STEP, width / 2), ArrowRight: share + Math.max(STEP, width / 2), Home: 0, End: 1}[event.key]
    if (to === undefined) return
    event.preventDefault()
    go(to)
    local = null
  })
  return {root, show(retained, past) {
    root.classList.toggle('past', past)
    if (!retained) return
    const all = Math.max(retained.total - retained.first, 1)
    share = ((retained.start + retained.stop) / 2 - retained.first) / all
    width = Math.min((retained.stop - retained.start) / all, 1)
    const value = String(Math.round(100 * share))
    if (root.ariaValueNow !== value) root.ariaValueNow = value
    place()
  }}
}
