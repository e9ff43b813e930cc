// What a page has sent of a knob and not heard back yet: until then, what it hears of that knob is old.

const LATE = 3000 // ms after which no answer is waited for

export class Echo {
  constructor() { this.sent = [] }

  send(value) { this.sent.push({value, at: performance.now()}) }

  news(value) { // whether the tab says something that this page does not know
    const found = this.sent.findIndex((one) => one.value === value)
    if (found >= 0) { this.sent.splice(0, found + 1); return false }
    this.sent = this.sent.filter(({at}) => performance.now() - at < LATE)
    return !this.sent.length
  }
}
