// How to send, by program: each text holds this scope's own address, and the token where senders need one.
import {found} from './phone.js'

export function snippets(base, {token = '', selfSigned = false, lan = ''}) { // name -> text
  const url = new URL('data', base).href, https = url.startsWith('https:')
  const outside = found(base, lan) // a device is another machine
  const asks = {url, device: outside ? new URL('data', outside).href : url, near: !outside, base: base.replace(/\/$/, ''), token, https, selfSigned: https && selfSigned}
  return Object.fromEntries(Object.entries(PROGRAMS).map(([name, text]) => [name, text(asks)]))
}

const PROGRAMS = {
  curl: ({url, token, selfSigned}) => `${selfSigned ? '# -k: this scope signs its certificate itself\n' : ''}`
    + `curl ${selfSigned ? '-k ' : ''}${token && `-H 'X-API-Key: ${token}' `}-d '{"y": 1.5}' ${url}`,

  Python: ({url, token, selfSigned}) => `import math, time, requests

t = 0
while True:
    requests.post("${url}", json={"x": t, "y": math.sin(t)}${token && `, headers={"X-API-Key": "${token}"}`}${selfSigned ? ', verify=False' : ''})
    t += 0.05
    time.sleep(0.05)`,

  JavaScript: ({url, token, selfSigned}) => `// Node.js${selfSigned ? ', with NODE_TLS_REJECT_UNAUTHORIZED=0' : ''}; or a page of an allowed origin
let t = 0
setInterval(() => {
  fetch("${url}", {
    method: "POST",${token && `\n    headers: {"X-API-Key": "${token}"},`}
    body: JSON.stringify({x: t, y: Math.sin(t)}),
  })
  t += 0.05
}, 50)`,

  Arduino: ({device, near, token, https}) => `// ESP32${near ? '; it needs this machine\u2019s address in your network in place of this page\u2019s' : ''}
#include <WiFi.h>
#include <HTTPClient.h>${https ? '\n#include <WiFiClientSecure.h>\nWiFiClientSecure client;' : ''}
HTTPClient http;
void setup() {
  WiFi.begin("network", "password");
  while (WiFi.status() != WL_CONNECTED) delay(100);${https ? '\n  client.setInsecure(); // takes any certificate' : ''}
}
void loop() {
  http.begin(${https ? 'client, ' : ''}"${device}");${token && `\n  http.addHeader("X-API-Key", "${token}");`}
  http.POST("{\\"y\\": " + String(analogRead(34) * 3.3 / 4095) + ", \\"unit\\": \\"V\\"}");
  http.end();
  delay(50);
}`,

  PowerShell: ({url, token, selfSigned}) => `$t = 0
while ($true) {
  $body = @{ x = $t; y = [Math]::Sin($t) } | ConvertTo-Json
  Invoke-RestMethod -Method Post -Uri "${url}" -ContentType "application/json" -Body $body${token && ` -Headers @{ "X-API-Key" = "${token}" }`}${selfSigned ? ' -SkipCertificateCheck' : ''}
  $t += 0.05
  Start-Sleep -Milliseconds 50
}`,

  Telegraf: ({base, token, selfSigned}) => `[agent]
  interval = "1s"
  flush_interval = "1s"

[[inputs.cpu]]
  percpu = false
  fieldinclude = ["usage_user", "usage_system"]

[[outputs.influxdb_v2]]
  urls = ["${base}"]
  token = "${token || 'none'}"
  organization = "any"
  bucket = "any"${selfSigned ? '\n  insecure_skip_verify = true' : ''}`,

  'Node-RED': (asks) => flow(asks),
}

function flow({url, token, selfSigned}) { // to be imported with Ctrl+I
  const headers = token ? `msg.headers = ${JSON.stringify({'X-API-Key': token})};\n` : ''
  const trust = selfSigned ? 'msg.rejectUnauthorized = false;\n' : '' // of the scope's own certificate
  const nodes = [
    {id: 'scope1', type: 'inject', name: '20 a second', repeat: '0.05', once: true, onceDelay: '1', props: [{p: 'payload'}],
      payload: '', payloadType: 'date', x: 140, y: 80, wires: [['scope2']]},
    {id: 'scope2', type: 'function', name: 'sample', func: `${headers}${trust}msg.payload = {y: Math.sin(Date.now() / 1000)};\nreturn msg;`,
      outputs: 1, x: 310, y: 80, wires: [['scope3']]},
    {id: 'scope3', type: 'http request', name: 'oscilloscope', method: 'POST', url, ret: 'obj', persist: true,
      x: 480, y: 80, wires: [[]]},
  ]
  return `[\n${nodes.map((node) => JSON.stringify(node)).join(',\n')}\n]`
}
