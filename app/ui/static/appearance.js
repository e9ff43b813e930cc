// Display: theme and palette, remembered in this browser and told in the link.
import {Choice} from './fields.js'

export function appearance(root, look, command) {
  const choose = (field) => (value) => {
    look.choose(field, value)
    command({do: 'look', field, value})
  }
  const theme = new Choice('Theme', 'theme', {dark: 'Dark', light: 'Light', auto: 'Auto'}, choose('theme'), 'Auto goes by the setting of your system')
  const palette = new Choice('Palette', 'palette', {standard: 'Standard', 'okabe-ito': 'Colour-blind'}, choose('palette'),
    'Okabe and Ito\u2019s colours, which most colour-blind people tell apart; with dashes and marks of their own')
  document.addEventListener('scope:command', ({detail}) => { if (detail.do === 'defaults') look.keep() })
  root.append(theme.root, palette.root)
  return () => { theme.show(look.now.theme); palette.show(look.now.palette) }
}
