// Opens the session of this page: its plot, and its messages as events of the page.
import {choose} from './backend.js'

const KIND = 'scope'

await choose()
await Bokeh.embed.embed_items({}, JSON.parse(document.getElementById('session').textContent))

const [session] = Bokeh.documents
const {MessageSentEvent} = Bokeh.require('document/events')
const send = (words) => session._trigger_on_change(new MessageSentEvent(session, KIND, JSON.stringify(words)))

session.on_message(KIND, (text) => document.dispatchEvent(new CustomEvent('scope:state', {detail: JSON.parse(text)})))
document.addEventListener('scope:command', ({detail}) => send(detail))
send({do: 'show'}) // what was sent before this moment was not heard
