// The page that only watches: the plot as the server drew it once, and the feed.
import {Afterglow, setting} from './afterglow.js'
import {Bar, measured} from './bar.js'
import {choose} from './backend.js'
import {boxes, connection, delay, status} from './display.js'
import {Feed} from './feed.js'
import {Raster, pictured} from './raster.js'
import {told as gram} from './spectrogram.js'
import {Screen} from './screen.js'

const $ = (id) => document.getElementById(id)
const query = location.search.slice(1), bar = new Bar($('bar')), glow = new Afterglow($('glass')), raster = new Raster($('glass'))
let readings = null

function refresh(feed) {
  const channels = readings.channels.map((c) => ({...c, ...feed.vertical[c.name]}))
  status(readings)
  boxes(channels, 'div')
  measured(bar, readings.measurements, channels)
  gram(bar, readings.display === 'spectrogram' ? readings.spectrogram : null, channels)
  $('empty').hidden = channels.length > 0
}

function told(feed, {latency, error, vertical, refused}) {
  if (latency !== undefined) delay(latency)
  if (vertical) { feed.turn(vertical); if (readings) refresh(feed) }
  if (error) connection('feed', error)
  else if (refused?.length) connection('link', 'Not understood in this link: ' + refused.join(', '))
}

function glowing() {
  const traces = screen.traces(), rolls = readings.lamp === 'ROLL'
  if (traces.length) glow.matches(setting(traces, String(rolls)))
  if (!rolls) glow.draw(traces)
}

glow.persist(new URLSearchParams(query).get('persist') ?? '0')
await choose()
$('front').href = './' + location.search
const [view] = await Bokeh.embed.embed_item(JSON.parse($('item').textContent), 'plot')
const screen = new Screen(view.model.document)
const feed = new Feed({
  screen, query,
  shown: (frame) => {
    if (readings !== frame.readouts) { readings = frame.readouts; refresh(feed) }
    if (glow.seconds) glowing()
    raster.show(pictured(frame))
  },
  told: (message) => told(feed, message),
  lost: (away) => connection('feed', away ? 'reconnecting\u2026' : ''),
})
