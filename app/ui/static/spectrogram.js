// Display: the spectrogram of a channel. Its knobs, what it resolves, the axis of its frequencies and its colours.
import {el, show} from './parts.js'
import {Menu} from './fields.js'
import {RAMP, Raster} from './raster.js'
import {SCALES, WINDOWS} from './spectrum.js'

export function spectrogram(root, overlay, glass, bar, command) {
  const raster = new Raster(glass), axis = new Frequencies(overlay)
  const choose = (field) => (value) => command({do: 'spectrogram', field, value})
  const fields = {
    channel: new Menu('Channel', 'sg-channel', choose('channel'), 'The channel whose spectrogram is shown'),
    window: new Menu('Window', 'sg-window', choose('window'), 'Hann for most; rectangular for the sharpest instants').offer(WINDOWS),
    scale: new Menu('Scale', 'sg-scale', choose('scale'), '0 dBV is a sine of 1 V RMS').offer(SCALES.filter(([name]) => name !== 'linear')),
  }
  root.append(...Object.values(fields).map((field) => field.root))

  return {
    show: (image) => raster.show(image),
    update({knobs, display, spectrogram: now, channels}) {
      const on = (knobs?.display ?? display) === 'spectrogram', there = display === 'spectrogram' ? now : null
      const setting = {...there, ...knobs?.spectrogram}
      for (const [name, field] of Object.entries(fields)) {
        field.root.hidden = !on
        if (!on) continue
        if (name === 'channel') field.offer([['', 'Automatic'], ...channels.map((c) => [c.name, `${c.number} ${c.label}`, c.color])])
        field.show(setting[name] ?? '')
      }
      told(bar, there, channels)
      axis.show(there)
    },
  }
}

export function told(bar, now, channels) {
  const channel = channels.find((c) => c.name === now?.of)
  if (now?.why) return bar.fill('spectrogram', [{key: 'why', label: 'Spectrogram', value: now.why}])
  bar.fill('spectrogram', !now ? [] : [
    {key: 'of', label: 'Spectrogram', value: channel?.label ?? now.of, color: channel?.color},
    {key: 'per_div', label: 'Frequency', value: now.per_div, title: 'Up the screen'},
    {key: 'rbw', label: 'RBW', value: now.rbw, title: 'Resolution: the distance of two bins'},
    {key: 'levels', label: 'Level', value: now.levels, title: 'From the darkest colour to the brightest'},
    ...(now.resampled ? [{key: 'resampled', label: 'x is uneven', value: 'resampled', title: 'The samples are not evenly spaced: the spectra are of values in between'}] : []),
    ...(now.part ? [{key: 'part', label: 'Made of', value: now.part}] : []),
  ])
  const legend = bar.cells.spectrogram.get('levels')?.children[1]
  if (legend && !legend.style.borderImage) legend.style.cssText = `border-bottom: 4px solid; border-image: linear-gradient(90deg, ${RAMP.join(', ')}) 1; line-height: 13px`
}

export class Frequencies { // at the left border: the top, the middle and the bottom
  constructor(overlay) {
    this.labels = [0, 1, 2].map((i) => overlay.appendChild(el('output', {className: `frequency at${i}`, hidden: true})))
  }

  show(now) {
    this.labels.forEach((label, i) => {
      label.hidden = !now || Boolean(now.why)
      show(label, now?.borders?.[i] ?? '')
    })
  }
}
