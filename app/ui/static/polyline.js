// A trace as a line on a canvas.

export function polyline(context, {x, y, ends: [start, end], limits: [bottom, top]}, width, height, from = 0) { // NaN in y breaks it
  const across = width / (end - start), up = height / (bottom - top)
  let broken = true
  context.beginPath()
  for (let i = 0; i < x.length; i++) {
    if (y[i] !== y[i]) { broken = true; continue }
    const px = (x[i] - start) * across, py = from + Math.min(Math.max((y[i] - top) * up, -height), 2 * height)
    if (broken) { context.moveTo(px - 0.5, py); broken = false } // a sample alone is seen, too
    context.lineTo(px, py)
  }
  context.stroke()
}
