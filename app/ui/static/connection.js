// Notices a lost server, says so, and comes back by itself: the set-up is in the address.

const SILENT = 7000 // ms; the server gives a sign of life every 2 s
const LONGEST = 10000

function refused() { // why this page may not connect, if it may not
  const hosts = JSON.parse(document.getElementById('hosts').textContent)
  const full = (host) => new URL(location.protocol + '//' + host).host
  if (hosts.some((host) => { try { return full(host) === location.host } catch { return false } })) return null
  return `Pages of ${location.host} may not connect here. Set BOKEH_ALLOW_WS_ORIGIN=${location.host} on the server, or have the proxy pass Host as it came.`
}

export function connect(lost, tell) { // lost(bool): the server is not heard; tell(text): why it will not be
  const reason = refused()
  if (reason) return tell(reason)
  let last = performance.now(), boot = null, waiting = false
  document.addEventListener('scope:state', () => { last = performance.now(); lost(false) })

  const health = async () => {
    try {
      const answer = await fetch('healthz', {cache: 'no-store'})
      return answer.ok ? (await answer.json()).boot_id : null
    } catch { return null }
  }
  health().then((id) => { boot = id })

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
  async function recover() {
    waiting = true
    let pause = 500
    lost(true)
    while (performance.now() - last > SILENT || document.hidden) {
      const id = await health()
      if (id !== null && !document.hidden) {
        if (id === boot) await sleep(3000) // the same server: its messages may only be late
        if (performance.now() - last > SILENT || id !== boot) return location.reload()
      }
      await sleep(pause * (0.5 + Math.random()))
      pause = Math.min(2 * pause, LONGEST)
    }
    lost(false)
    waiting = false
  }
  setInterval(() => { if (!waiting && performance.now() - last > SILENT) recover() }, 1000)
}
