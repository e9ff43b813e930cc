// The page that only watches: the plot as the server drew it once, and the feed.
import {Bar, measured} from './bar.js'
import {choose} from './backend.js'
import {boxes, connection, delay, status} from './display.js'
import {Feed} from './feed.js'
import {Screen} from './screen.js'

const $ = (id) => document.getElementById(id)
const query = location.search.slice(1), bar = new Bar($('bar'))
let readings = null

function refresh(feed) {
  const channels = readings.channels.map((c) => ({...c, ...feed.vertical[c.name]}))
  status(readings)
  boxes(channels, 'div')
  measured(bar, readings.measurements, channels)
  $('empty').hidden = channels.length > 0
}

function told(feed, {latency, error, vertical, refused}) {
  if (latency !== undefined) delay(latency)
  if (vertical) { feed.turn(vertical); if (readings) refresh(feed) }
  if (error) connection('feed', error)
  else if (refused?.length) connection('link', 'Not understood in this link: ' + refused.join(', '))
}

await choose()
$('front').href = './' + location.search
const [view] = await Bokeh.embed.embed_item(JSON.parse($('item').textContent), 'plot')
const feed = new Feed({
  screen: new Screen(view.model.document), query,
  shown: (frame) => { if (readings !== frame.readouts) { readings = frame.readouts; refresh(feed) } },
  told: (message) => told(feed, message),
  lost: (away) => connection('feed', away ? 'reconnecting\u2026' : ''),
})
