// The microphone, as it is: full scale is 1, at the rate of the device.
import {Stream} from './stream.js'

const PLAIN = {echoCancellation: false, noiseSuppression: false, autoGainControl: false}
const BLOCK = 2048 // samples, where there are no worklets

export class Microphone {
  constructor(link) { this.link = link }

  async start() {
    this.context = new (window.AudioContext ?? window.webkitAudioContext)() // by the tap, before anything is waited for
    const resumed = this.context.resume()
    this.sound = await navigator.mediaDevices.getUserMedia({audio: PLAIN})
    await resumed
    this.stream ??= new Stream(this.link, 'mic', {channels: ['mic'], rate: this.context.sampleRate})
    this.stream.gone = () => this.gone?.()
    this.stream.start()
    const node = await this.recorder()
    this.context.createMediaStreamSource(this.sound).connect(node)
    node.connect(this.context.destination) // it says nothing; some browsers stop what leads nowhere
  }

  async recorder() {
    if (!this.context.audioWorklet) {
      const node = this.context.createScriptProcessor(BLOCK, 1, 1)
      node.onaudioprocess = ({inputBuffer}) => this.stream.push(inputBuffer.getChannelData(0).slice())
      return node
    }
    await this.context.audioWorklet.addModule('assets/recorder.js')
    const node = new AudioWorkletNode(this.context, 'recorder', {channelCount: 1, channelCountMode: 'explicit'})
    node.port.onmessage = ({data}) => this.stream.push(data)
    return node
  }

  stop() {
    this.stream?.stop()
    for (const track of this.sound?.getTracks() ?? []) track.stop() // the browser's own sign goes out
    this.context?.close()
    this.sound = this.context = null
  }
}
