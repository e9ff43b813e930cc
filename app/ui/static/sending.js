// How to send: lines that hold this page's own address, on the empty screen and in the panel.
import {copy, el, show} from './parts.js'

const url = new URL('data', location.href.split(/[?#]/)[0]).href

const asks = document.body.dataset.asks === 'token' // senders need one

const SNIPPETS = {
  curl: `curl ${asks ? "-H 'X-API-Key: TOKEN' " : ''}-d '{"y": 1.5}' ${url}`,
  Python: `import math, time, requests
t = 0
while True:
    requests.post("${url}", json={"x": t, "y": math.sin(t)}${asks ? ', headers={"X-API-Key": "TOKEN"}' : ''})
    t += 0.05
    time.sleep(0.05)`,
  Arduino: `// ESP32
#include <WiFi.h>
#include <HTTPClient.h>
HTTPClient http;
void setup() {
  WiFi.begin("network", "password");
  while (WiFi.status() != WL_CONNECTED) delay(100);
}
void loop() {
  http.begin("${url}");${asks ? '\n  http.addHeader("X-API-Key", "TOKEN");' : ''}
  http.POST("{\\"y\\": " + String(analogRead(34) * 3.3 / 4095) + ", \\"unit\\": \\"V\\"}");
  http.end();
  delay(50);
}`,
}

function snippets() {
  const pre = el('pre'), button = el('button', {className: 'key copy', textContent: 'Copy'})
  const tabs = el('div', {className: 'tabs', role: 'tablist'})
  const pick = (name) => {
    pre.textContent = SNIPPETS[name]
    for (const tab of tabs.children) tab.ariaSelected = String(tab.textContent === name)
  }
  for (const name of Object.keys(SNIPPETS)) tabs.append(el('button', {className: 'key', role: 'tab', textContent: name, onclick: () => pick(name)}))
  button.onclick = () => copy(pre.textContent, button)
  pick('curl')
  return [tabs, el('div', {className: 'snippet'}, pre, button)]
}

export function sending(group, card, beside, command) {
  let running = false
  const demo = () => el('button', {className: 'key demo'})
  const demos = [demo(), demo(), beside]
  for (const button of demos) button.onclick = () => command({do: 'demo', on: !running})
  card.append(el('h1', {textContent: 'Waiting for the first sample'}),
    el('p', {className: 'hint', textContent: 'Whoever can POST a number is a probe. Try one of these:'}), ...snippets(), demos[0])
  group.append(...snippets(), demos[1])
  document.addEventListener('scope:shown', ({detail}) => {
    running = Boolean(detail.demo)
    beside.hidden = !running
    card.hidden = detail.channels.length > 0
    for (const button of demos) show(button, running ? 'Stop demo signal' : 'Start demo signal')
  })
}
