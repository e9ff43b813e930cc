// Frames as GET /frames sends them, told in the README: a JSON header, then columns of float32.

const MAGIC = 0x31464f57 // "WOF1", little endian
const utf8 = new TextDecoder()

class Columns {
  constructor(buffer, at) { this.buffer = buffer; this.at = at }

  take(Kind, n) {
    const found = new Kind(this.buffer, this.at, n)
    this.at += 4 * n
    return found
  }

  bytes(n) { // padded to a multiple of 4
    const found = new Uint8Array(this.buffer, this.at, n)
    this.at += 4 * Math.ceil(n / 4)
    return found
  }
}

export function decode(buffer, last) { // the frame, or null when it goes on from one that is not the last
  const words = new DataView(buffer)
  if (words.getUint32(0, true) !== MAGIC) return null
  const length = words.getUint32(4, true)
  const header = JSON.parse(utf8.decode(new Uint8Array(buffer, 8, length)))
  if (header.base !== undefined && header.base !== last?.id) return null
  const columns = new Columns(buffer, 8 + length), traces = new Map()
  for (const part of header.traces) {
    const old = header.base === undefined ? null : last.traces.get(part.slot)
    traces.set(part.slot, trace(part, old, columns))
  }
  const readouts = header.readouts ? {...last?.readouts, ...header.readouts} : last.readouts
  return {...header, readouts, traces}
}

function trace(part, old, columns) {
  const kept = old ? part.keep : 0, {y0, scale: [across, up] = [1, 1]} = old ?? part // scale: only where float32 has no room
  const x = new Float64Array(kept + part.n), y = new Float64Array(kept + part.n)
  if (kept) {
    x.set(old.x.subarray(part.drop, part.drop + kept))
    y.set(old.y.subarray(part.drop, part.drop + kept))
  }
  if (part.x) {
    const [first, step, repeat] = part.x
    for (let i = 0; i < part.n; i++) x[kept + i] = first + step * Math.floor(i / repeat)
  } else x.set(Float64Array.from(columns.take(Float32Array, part.n), (value) => across * value), kept)
  const offsets = columns.take(Float32Array, part.n)
  let most = old?.most ?? 0
  for (let i = 0; i < part.n; i++) {
    const offset = up * offsets[i]
    y[kept + i] = y0 + offset
    if (Math.abs(offset) > most) most = Math.abs(offset)
  }
  const dots = columns.take(Uint32Array, part.dots)
  const {image} = part, picture = image ? {columns: part.n, rows: image.rows, bytes: columns.bytes(part.n * image.rows)} : old?.picture
  return {...old, ...part, x, y, dots, most, picture, exact: Boolean(part.x) && (old?.exact ?? true)}
}
