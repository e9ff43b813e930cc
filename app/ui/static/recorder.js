// Runs beside the sound: hands what the microphone hears to the page, a thousand samples at once.

const BLOCK = 1024

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super()
    this.block = new Float32Array(BLOCK)
    this.n = 0
  }

  process([[heard]]) { // 128 samples at once
    if (!heard) return true
    this.block.set(heard, this.n)
    this.n += heard.length
    if (this.n === BLOCK) {
      this.port.postMessage(this.block.slice())
      this.n = 0
    }
    return true
  }
}

registerProcessor('recorder', Recorder)
