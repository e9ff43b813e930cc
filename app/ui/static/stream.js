// The way of a device's samples to the scope: blocks of even steps, for each source one POST at a time.

const FASTEST = 55 // ms between two POSTs of all sources together: less than twenty a second
const KEPT = 5 // s of samples that wait while the scope takes none; older ones are dropped
const RUNS = 20 // that wait likewise
const SLIP = 0.5 // s by which a device's samples may be off its clock
const PAUSES = [500, 8000] // ms after a connection that broke: the first, and the longest
const AGAIN = [408, 429, 502, 503, 504] // the same bytes may be sent again

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export class Link { // what the sources of a device share
  constructor(name, token, {taken, trouble, ask}) { // taken(n): the scope has so many more; trouble(text): what is wrong, or ''; ask(): a promise of a token
    Object.assign(this, {name, token, taken, trouble, ask})
    this.boot = Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) => n.toString(16)).join('')
    this.streams = new Set()
    this.asking = null
    this.complained = false
  }

  get period() { return FASTEST * Math.max(1, this.streams.size) } // ms between two POSTs of a source

  post(query, body, source, seq) {
    const headers = {'Content-Type': 'application/octet-stream', 'X-Source-Id': `${this.name}.${source}`, 'X-Boot-Id': this.boot, 'X-Seq': String(seq)}
    if (this.token) headers['X-API-Key'] = this.token
    return fetch('data?' + query, {method: 'POST', headers, body, keepalive: body.byteLength < 50000}) // so that the last one outlives the page
  }

  complain(text) {
    this.complained = Boolean(text)
    this.trouble(text)
  }

  fine() { if (this.complained) this.complain('') } // what others have said stays

  async locked() { // resolves when there is another token; all sources wait for the same one
    this.asking ??= this.ask()
    this.token = await this.asking
    this.asking = null
  }
}

export class Stream { // one source: channels whose samples come in even steps
  constructor(link, source, {channels, rate, unit = ''}) {
    Object.assign(this, {link, source, rate, width: channels.length})
    this.query = {channel: channels.map((name) => `${link.name}.${name}`).join(), dtype: 'f4', rate, ...(unit && {unit})}
    this.seq = 0
    this.busy = this.open = false
    this.runs = [] // what is still to be sent; samples of one run follow each other without a gap
  }

  start() {
    if (this.open) return
    this.open = true
    this.runs = [...this.runs.slice(-RUNS), {chunks: [], n: 0, next: null}] // next: x of its next sample by the scope's clock, once known
    this.link.streams.add(this)
    this.tick()
  }

  stop() {
    this.open = false
    clearTimeout(this.timer)
    this.link.streams.delete(this)
    this.flush()
  }

  push(values) { // Float32Array, sample after sample
    if (!this.open) return
    const run = this.runs.at(-1)
    run.chunks.push(values)
    run.n += values.length / this.width
    while (run.n > KEPT * this.rate && run.chunks.length > 1) this.drop(run)
  }

  drop(run) {
    const n = run.chunks.shift().length / this.width
    run.n -= n
    if (run.next !== null) run.next += n / this.rate
  }

  tick() {
    this.timer = setTimeout(() => this.tick(), this.link.period)
    this.flush()
  }

  async flush() { // what has come since the last time
    if (this.busy) return
    while (this.runs.length > 1 && !this.runs[0].n) this.runs.shift()
    const [run] = this.runs
    if (!run?.n) return
    this.busy = true
    const block = this.block(run), answer = await this.sent(...block.said, ++this.seq)
    if (answer) this.stored(run, block, answer)
    this.busy = false
    if (!this.open || this.runs.length > 1) this.flush()
  }

  block(run) { // takes all there is of a run
    const {n} = run, now = performance.now() / 1000
    if (run.next !== null && Math.abs(now + run.zero - run.next - n / this.rate) > SLIP) run.next = now + run.zero - n / this.rate // the device left some out
    const query = {...this.query, ...(run.next !== null && {t0: run.next, clock: 'unix'})}, body = joined(run.chunks)
    Object.assign(run, {chunks: [], n: 0})
    return {n, now, said: [new URLSearchParams(query), body]}
  }

  stored(run, {n, now}, {x0, duplicate, accepted}) {
    if (x0 !== undefined) Object.assign(run, {next: x0, zero: x0 + n / this.rate - now})
    if (run.next !== null) run.next += n / this.rate
    this.link.taken(duplicate ? n * this.width : accepted)
    this.link.fine()
  }

  async sent(query, body, seq) { // the scope's answer; null when it will never take this
    for (let tries = 0; ; tries++) {
      const answer = await this.link.post(query, body, this.source, seq).catch(() => null)
      const words = await answer?.json().catch(() => null)
      if (answer?.ok && words) return words
      if (answer?.status === 401) { this.link.fine(); await this.link.locked(); continue }
      if (answer && !AGAIN.includes(answer.status)) { this.refused(words); return null }
      const seconds = Number(answer?.headers.get('Retry-After')) || Math.min(PAUSES[0] * 2 ** Math.min(tries, 9), PAUSES[1]) / 1000
      this.link.complain(`${excuse(answer)} Trying again in ${Math.ceil(seconds)} s.`)
      await pause(seconds * 1000)
    }
  }

  refused(words) {
    this.link.complain(words?.message ? `The scope refuses: ${words.message}` : 'The scope refuses this.')
    this.runs = []
    this.stop()
    this.gone?.()
  }
}

function excuse(answer) {
  if (!answer) return 'The scope cannot be reached.'
  return answer.status === 429 ? 'Too fast for the scope.' : 'The scope takes nothing at the moment.'
}

function joined(chunks) {
  const all = new Float32Array(chunks.reduce((n, chunk) => n + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) { all.set(chunk, at); at += chunk.length }
  return all
}

export class Steps { // makes even steps of what is known at uneven times, by straight lines
  constructor(rate) { this.rate = rate; this.forget() }

  forget() { this.last = null }

  take(ms, values) { // the samples, one after another, up to this instant
    const {last, rate} = this, made = []
    if (last && ms <= last.ms) return new Float32Array(0)
    if (last) {
      for (; this.n * 1000 / rate <= ms - this.began; this.n++) {
        const share = (this.began + this.n * 1000 / rate - last.ms) / (ms - last.ms)
        values.forEach((value, i) => made.push(last.values[i] + (value - last.values[i]) * share))
      }
    } else { this.began = ms; this.n = 1; made.push(...values) }
    this.last = {ms, values}
    return Float32Array.from(made)
  }
}
