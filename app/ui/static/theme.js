// Before anything is drawn: the colours that the address names, or that this browser remembers. colours.js does the rest.
(() => {
  const query = new URLSearchParams(location.search)
  const chosen = (name) => query.get(name) || localStorage.getItem(name)
  const light = chosen('theme') === 'light' || (chosen('theme') === 'auto' && matchMedia('(prefers-color-scheme: light)').matches)
  document.documentElement.dataset.theme = light ? 'light' : 'dark'
  document.documentElement.dataset.palette = chosen('palette') || 'standard'
})()
