// The page that only watches: the plot as the server drew it once, and the feed.
import {Afterglow, setting} from './afterglow.js'
import {Bar, measured} from './bar.js'
import {choose} from './backend.js'
import {Look, colors, tinted, tintedToo} from './colours.js'
import {AWAY, boxes, connection, delay, status} from './display.js'
import {Feed} from './feed.js'
import {marks} from './marks.js'
import {Raster, pictured} from './raster.js'
import {Frequencies, told as gram} from './spectrogram.js'
import {Screen} from './screen.js'

const $ = (id) => document.getElementById(id)
const query = location.search.slice(1), bar = new Bar($('bar')), glow = new Afterglow($('glass')), raster = new Raster($('glass'))
const drawn = marks($('overlay'), () => {}), frequencies = new Frequencies($('overlay'))
const chosen = colors(new URLSearchParams(query))
let readings = null, channels = []

function refresh(feed) {
  channels = tinted(readings.channels, chosen).map((c) => ({...c, ...feed.vertical[c.name]}))
  screen.paint(Array.from({length: 8}, (_, slot) => channels.find((c) => c.on && c.slot === slot)?.place ?? slot))
  status({...readings, channels})
  boxes(channels, 'div')
  measured(bar, tintedToo(readings.measurements, channels), channels)
  const image = readings.display === 'spectrogram' ? readings.spectrogram : null
  gram(bar, image, channels)
  frequencies.show(image)
  $('empty').hidden = channels.length > 0
}

function marked() { // what stands over the screen, with every picture
  const traces = screen.traces()
  drawn({...readings, channels}, traces.map((trace) => ({...trace, name: channels.find((c) => c.on && c.slot === trace.slot)?.name})))
  return traces
}

function glowing(traces) {
  const rolls = readings.lamp === 'ROLL'
  if (traces.length) glow.matches(setting(traces, String(rolls)))
  if (!rolls) glow.draw(traces)
}

function told(feed, {latency, error, vertical, refused}) {
  if (latency !== undefined) delay(latency)
  if (vertical) { feed.turn(vertical); if (readings) refresh(feed) }
  if (error) connection('feed', error)
  else if (refused?.length) connection('link', 'Not understood in this link: ' + refused.join(', '))
}

glow.persist(new URLSearchParams(query).get('persist') ?? '0')
await choose()
$('front').href = './' + location.search
const [view] = await Bokeh.embed.embed_item(JSON.parse($('item').textContent), 'plot')
const screen = new Screen(view.model.document)
new Look(() => screen.paint())
const feed = new Feed({
  screen, query,
  shown: (frame) => {
    if (readings !== frame.readouts) { readings = frame.readouts; refresh(feed) }
    const traces = marked()
    if (glow.seconds) glowing(traces)
    raster.show(pictured(frame))
  },
  told: (message) => told(feed, message),
  lost: (away) => connection('feed', away ? AWAY : ''),
})
