// Numbers as an instrument writes them, and back.

const PREFIXES = 'afpnum kMGT', NONE = 6 // of 1
const SYMBOLS = 'V Vrms Vpp A W VA var Hz s Ω \u2126 ohm Ohm F H T Wb S J eV Wh Ah N Nm Pa bar K m g l L mol cd lm lx rad Gy Sv'
const COUNTED = 'Bq B bit bps Bd Sa pts' // of which there are no thousandths
const any = (symbols, more) => new RegExp(`^(${symbols.replaceAll(' ', '|')})(?![^${more}])`)
const PREFIXED = any(`${SYMBOLS} ${COUNTED}`, '/·*. '), WHOLE = any(COUNTED, '/') // units whose first factor takes a prefix
const PLAIN = [1e-3, 1e4] // from, to: without a unit no prefix is wanted

export function engineering(value, unit = '', digits = 4) { // 1234.5, 'Hz' -> '1.235 kHz'
  if (!Number.isFinite(value)) return '---'
  const size = Math.abs(value)
  if (size === 0) return `0 ${unit}`.trim()
  if (bare(size, unit)) return `${rounded(value, digits)} ${unit}`.trim()
  let step = Math.floor(Math.log10(size) / 3)
  if (Math.abs(Number((value / 1000 ** step).toPrecision(digits))) >= 1000) step += 1
  step = Math.min(Math.max(step, -NONE), PREFIXES.length - 1 - NONE)
  return `${rounded(value / 1000 ** step, digits)} ${PREFIXES[step + NONE].trim()}${unit}`.trim()
}

const bare = (size, unit) => unit ? !PREFIXED.test(unit) || (size < 1 && WHOLE.test(unit)) : size >= PLAIN[0] && size < PLAIN[1]

function rounded(value, digits) {
  const text = value.toPrecision(digits)
  return text.includes('e') ? String(Number(text)) : text
}

export const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, '\u2009') // 1234567 -> 1 234 567, in thin spaces

export function parsed(text) { // '1.235 kHz' -> 1235; NaN where there is no number
  const [, number, prefix = ''] = /^\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([afpnumkMGT](?=[A-Za-z]))?/.exec(String(text)) ?? []
  return Number(number) * 1000 ** (prefix ? PREFIXES.indexOf(prefix) - NONE : 0)
}

export function fine(value, resolution) { // with as many digits as the resolution is good for, as a person would type it
  const decimals = Math.max(0, Math.ceil(-Math.log10(resolution)))
  return decimals > 90 || Math.abs(value) >= 1e21 ? value.toPrecision(12) : String(Number(value.toFixed(decimals)))
}

export const inverse = (unit) => unit === 's' ? 'Hz' : unit === 'Hz' ? 's' : unit ? `1/${unit}` : ''

export function clock(x, span) { // time of day, as fine as a thousandth of the screen
  const digits = Math.min(6, Math.max(0, Math.ceil(3 - Math.log10(span))))
  const whole = Math.floor(x), text = new Date(whole * 1000).toLocaleTimeString([], {hour12: false})
  return text + (digits ? (x - whole).toFixed(digits).slice(1) : '')
}
