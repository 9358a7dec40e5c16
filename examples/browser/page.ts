/* The page: reads the form, sends it to the worker, and shows what comes back. It computes nothing itself.
 *
 *     ?model=URL      loads that model at once
 *     ?threads=N      threads of the engine; default: all processors, where the page is cross-origin isolated */
import type { Reply, Request } from './messages.js'

function find<T extends Element>(id: string, kind: new () => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`index.html: #${id} must be a ${kind.name}`)
  return element
}

const file = find('file', HTMLInputElement)
const form = find('form', HTMLFormElement)
const prompt = find('prompt', HTMLTextAreaElement)
const temperature = find('temperature', HTMLInputElement)
const temperatureShown = find('temperature-shown', HTMLOutputElement)
const length = find('length', HTMLInputElement)
const seed = find('seed', HTMLInputElement)
const generate = find('generate', HTMLButtonElement)
const stop = find('stop', HTMLButtonElement)
const status = find('status', HTMLParagraphElement)
const text = find('text', HTMLPreElement)
const prompted = find('prompted', HTMLSpanElement)
const written = find('written', HTMLSpanElement)
const model = find('model', HTMLParagraphElement)
const backend = find('backend', HTMLElement)
const threads = find('threads', HTMLElement)
const speed = find('speed', HTMLElement)
const hint = find('hint', HTMLParagraphElement)

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
const ask = (request: Request) => worker.postMessage(request)

function say(message: string, fault = false): void {
  status.textContent = message
  status.classList.toggle('fault', fault)
}

/** Whether a text is being written; `undefined` as long as there is no model. */
function show(busy: boolean | undefined): void {
  generate.disabled = busy !== false
  stop.disabled = busy !== true
  text.setAttribute('aria-busy', String(busy === true))
}

let haveModel = false

function load(from: File | string): void {
  show(undefined)
  say('Loading the model …')
  ask({ type: 'load', from })
}

worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
  switch (reply.type) {
    case 'opened':
      backend.textContent = reply.description
      backend.title = reply.reason
      threads.textContent = String(reply.threads)
      hint.hidden = crossOriginIsolated
      if (status.textContent === 'Opening the engine …') say('Choose a model to begin.')
      break
    case 'loaded':
      haveModel = true
      model.textContent = `${reply.name}: ${reply.cell}, ${numbers.format(reply.parameters)} parameters`
      say('The model is ready.')
      show(false)
      break
    case 'piece': {
      const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40
      written.append(reply.text)
      speed.textContent = numbers.format(reply.tokens / reply.seconds)
      if (atEnd) text.scrollTop = text.scrollHeight
      break
    }
    case 'finished': {
      const end = reply.stopped ? 'Stopped after' : 'Wrote'
      say(`${end} ${numbers.format(reply.tokens)} characters in ${reply.seconds.toFixed(2)} seconds.`)
      show(false)
      break
    }
    case 'failed':
      say(reply.message, true)
      show(haveModel ? false : undefined)
  }
}
worker.onerror = event => {
  file.disabled = true
  show(undefined)
  say(`The worker has failed: ${event.message ?? 'its script was not found'}. Reload the page to try again.`, true)
}

file.onchange = () => {
  const chosen = file.files?.[0]
  if (chosen) load(chosen)
}
temperature.oninput = () => {
  temperatureShown.value = temperature.value === '0' ? 'greedy' : Number(temperature.value).toFixed(2)
}
stop.onclick = () => ask({ type: 'stop' })
form.onsubmit = event => {
  event.preventDefault()
  prompted.textContent = prompt.value
  written.textContent = ''
  speed.textContent = '–'
  say('Writing …')
  show(true)
  ask({
    type: 'generate',
    options: {
      prompt: prompt.value,
      length: length.valueAsNumber,
      temperature: temperature.valueAsNumber,
      seed: seed.valueAsNumber,
    },
  })
}

const query = new URLSearchParams(location.search)
const wanted = query.get('threads')
ask({ type: 'open', threads: wanted === null ? undefined : Number(wanted) })
const address = query.get('model')
if (address) load(new URL(address, location.href).href)
