// The motion sensors: acceleration with gravity along the three axes of the device.
import {Steps, Stream} from './stream.js'

const RATE = 60 // samples/s
const SILENT = 2000 // ms without a sensor's word, after which there is none

export class Motion {
  constructor(link, trouble) {
    this.stream = new Stream(link, 'motion', {channels: ['ax', 'ay', 'az'], rate: RATE, unit: 'm/s²'})
    this.steps = new Steps(RATE)
    this.trouble = trouble
    this.stream.gone = () => this.gone?.()
    this.heard = (event) => this.take(event)
  }

  async start() {
    if (!('DeviceMotionEvent' in window)) throw new Error('This browser knows no motion sensors.')
    if (DeviceMotionEvent.requestPermission && await DeviceMotionEvent.requestPermission() !== 'granted') // iOS
      throw new Error('The sensors are not allowed for this page: Settings of the browser, Motion & Orientation.')
    this.steps.forget()
    this.stream.start()
    addEventListener('devicemotion', this.heard)
    this.waiting = setTimeout(() => this.trouble('No sensor answers: this device may have none.'), SILENT)
  }

  take({accelerationIncludingGravity: a}) {
    if (a?.x == null) return
    clearTimeout(this.waiting)
    this.stream.push(this.steps.take(performance.now(), [a.x, a.y, a.z]))
  }

  stop() {
    clearTimeout(this.waiting)
    removeEventListener('devicemotion', this.heard)
    this.stream.stop()
  }
}
