/* A text's view as one HTML page that needs nothing else: the text in colours, each token's figures beside it, and all of
 * them in a table. Usable by keyboard (one stop for the text, arrows inside it), readable by a screen reader (the text is a
 * list of options with names, the figures of the chosen one are read out), in light and dark. Without scripts the text, its
 * colours and the table are there. */

import {
  type ColouredToken,
  type ColouredTokens,
  levelMeaning,
  levelOf,
  MOST_LEVEL,
  type Shown,
  shownToken,
} from './colouredText.js'
import { diverging, inkOn } from './colours.js'
import { escapeText } from './svg.js'

/** The page's own paper and ink, and the ends of its dark colours. */
const DARK = { paper: '#16191d', below: '#2166ac', above: '#b35806' }

/** @param view what was seen; see `viewText` */
export function colouredPage(view: ColouredTokens): string {
  const kinds: Shown[] = view.unit === undefined ? ['loss'] : ['unit', 'loss']
  const title = `${view.name}: ${view.unit === undefined ? 'the loss of each token' : `unit ${view.unit}`}`
  const end = view.cut ? '; the text goes on' : ''
  const summary = `${view.tokens.length} tokens${end}. Mean loss ${view.loss.toFixed(3)} nats per token, of a vocabulary of ${view.vocabularySize}.`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeText(title)}</h1>
<p>${escapeText(summary)}</p>
${kinds.length > 1 ? CHOICE : ''}
${kinds.map((shown, i) => legend(view, shown, i > 0)).join('\n')}
<h2 id="heading">The text</h2>
<p id="how">Arrow keys go from token to token, Home and End to the first and the last, Page Up and Page Down by a line</p>
<div id="text" role="listbox" tabindex="0" aria-labelledby="heading" aria-describedby="how"${view.tokens.length > 0 ? ' aria-activedescendant="t0"' : ''}>${view.tokens.map((token, i) => option(token, i, view, kinds[0])).join('')}</div>
<section aria-labelledby="this">
<h2 id="this">This token</h2>
<div id="details" role="status">${view.tokens.length > 0 ? escapeText(sentenceOf(view.tokens[0], view)) : ''}</div>
</section>
<details>
<summary>All figures as a table</summary>
${table(view)}
</details>
</main>
<script>${script(view, kinds)}</script>
</body>
</html>
`
}

const CHOICE = `<fieldset>
<legend>The colours show</legend>
<label><input type="radio" name="shown" value="unit" checked> the unit’s value</label>
<label><input type="radio" name="shown" value="loss"> the loss</label>
</fieldset>`

function legend(view: ColouredTokens, shown: Shown, hidden: boolean): string {
  const levels = shown === 'loss' ? [0, 3, 6, 9] : [-9, -6, -3, 0, 3, 6, 9]
  const swatches = levels.map(
    level => `<li><span class="${levelClass(level)}">${escapeText(levelMeaning(level, view, shown))}</span></li>`,
  )
  const name = shown === 'loss' ? 'Colours of the loss' : `Colours of unit ${view.unit}`
  return `<ul class="legend" data-shown="${shown}" aria-label="${escapeText(name)}"${hidden ? ' hidden' : ''}>${swatches.join('')}</ul>`
}

const levelClass = (level: number) => (level < 0 ? `n${-level}` : `p${level}`)

function option(token: ColouredToken, i: number, view: ColouredTokens, shown: Shown): string {
  const visible = escapeText(shownToken(token.text)) + (token.text.endsWith('\n') ? '\n' : '')
  const name = escapeText(sentenceOf(token, view))
  return `<span role="option" id="t${i}" class="${levelClass(levelOf(token, view, shown))}" aria-selected="${i === 0}" aria-label="${name}">${visible}</span>`
}

const quoted = (text: string) => (text === ' ' ? 'space' : text === '\n' ? 'line end' : `“${shownToken(text)}”`)
const percent = (probability: number) => `${(100 * probability).toFixed(1)} %`

/** All that is known of a token, as it is read out. */
function sentenceOf({ text, loss, activation, guesses }: ColouredToken, { unit }: ColouredTokens): string {
  const value = activation === undefined ? '' : `, unit ${unit} ${activation.toFixed(3)}`
  const thought = guesses.map(guess => `${quoted(guess.text)} ${percent(guess.probability)}`).join(', ')
  return `${quoted(text)}: loss ${loss.toFixed(3)} nats${value}${thought ? `; guesses ${thought}` : ''}`
}

function table({ tokens, unit }: ColouredTokens): string {
  const heads = ['place', 'token', 'loss (nats)', ...(unit ? [`unit ${escapeText(unit)}`] : []), 'guesses']
  const rows = tokens.map(({ text, loss, activation, guesses }, i) => {
    const value = activation === undefined ? '' : `<td class="number">${activation.toFixed(3)}</td>`
    const thought = guesses.map(guess => `${quoted(guess.text)} ${percent(guess.probability)}`).join(', ')
    return `<tr><th scope="row">${i}</th><td>${escapeText(quoted(text))}</td><td class="number">${loss.toFixed(3)}</td>${value}<td>${escapeText(thought)}</td></tr>`
  })
  return `<table>
<caption>Each token, in the order of the text</caption>
<thead><tr>${heads.map(head => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`
}

const levels = Array.from({ length: 2 * MOST_LEVEL + 1 }, (_, i) => i - MOST_LEVEL)

const rules = (colourOf: (share: number) => string) =>
  levels
    .map(level => {
      const ground = colourOf(level / MOST_LEVEL)
      return `.${levelClass(level)}{background:${ground};color:${inkOn(ground)}}`
    })
    .join('')

/** From the dark paper to blue below, to orange above. */
function darkColour(share: number): string {
  const parts = (hex: string) => [1, 3, 5].map(from => Number.parseInt(hex.slice(from, from + 2), 16))
  const [paper, end] = [parts(DARK.paper), parts(share < 0 ? DARK.below : DARK.above)]
  const mixed = paper.map((part, i) => Math.round(part + (end[i] - part) * Math.abs(share)))
  return `#${mixed.map(part => part.toString(16).padStart(2, '0')).join('')}`
}

const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--faint:#59606b;--focus:#0057b7}
@media (prefers-color-scheme:dark){:root{--paper:${DARK.paper};--ink:#e6e9ee;--faint:#a5acb7;--focus:#8cc8ff}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem}
#how{color:var(--faint)}
fieldset{border:1px solid var(--faint);border-radius:4px}
label{margin-right:1.5rem}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem}
.legend[hidden]{display:none}
.legend span{padding:.1rem .5rem;border:1px solid var(--faint)}
#text{font:16px/1.7 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--faint);border-radius:4px;padding:.75rem;max-height:60vh;overflow:auto}
#text span{cursor:pointer}
#text span[aria-selected=true]{outline:2px solid var(--focus);outline-offset:1px;border-radius:2px}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
#details{min-height:3em;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left}
th,td{border-bottom:1px solid var(--faint);padding:.15rem .6rem;text-align:left;white-space:pre-wrap}
.number{text-align:right}
${rules(diverging)}
@media (prefers-color-scheme:dark){${rules(darkColour)}}
`

/** The page's only script. Levels of each kind stand in it as a string each, one pair of characters a token. */
function script(view: ColouredTokens, kinds: readonly Shown[]): string {
  const classes = Object.fromEntries(
    kinds.map(shown => [shown, view.tokens.map(token => levelClass(levelOf(token, view, shown))).join('')]),
  )
  return `
const classes = ${JSON.stringify(classes)}
const text = document.getElementById('text')
const options = [...text.children]
const details = document.getElementById('details')
let at = 0
function choose(next) {
  if (options.length === 0) return
  options[at].setAttribute('aria-selected', 'false')
  at = Math.max(0, Math.min(options.length - 1, next))
  const chosen = options[at]
  chosen.setAttribute('aria-selected', 'true')
  text.setAttribute('aria-activedescendant', chosen.id)
  details.textContent = chosen.getAttribute('aria-label')
  chosen.scrollIntoView({ block: 'nearest' })
}
function byLine(direction) {
  const from = options[at].getBoundingClientRect()
  let best = at
  for (let i = at + direction; i >= 0 && i < options.length; i += direction) {
    const { top, left } = options[i].getBoundingClientRect()
    const lines = (top - from.top) * direction
    if (lines < from.height / 2) { best = i; continue }
    if (lines > from.height * 2.5 && best !== at) break
    best = i
    if (direction > 0 ? left >= from.left : left <= from.left) break
  }
  choose(best)
}
text.addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return
  const moves = {
    ArrowRight: () => choose(at + 1),
    ArrowLeft: () => choose(at - 1),
    ArrowDown: () => byLine(1),
    ArrowUp: () => byLine(-1),
    PageDown: () => byLine(1),
    PageUp: () => byLine(-1),
    Home: () => choose(0),
    End: () => choose(options.length - 1),
  }
  if (!(event.key in moves)) return
  event.preventDefault()
  moves[event.key]()
})
text.addEventListener('click', event => {
  const option = event.target.closest('[role=option]')
  if (option) choose(options.indexOf(option))
})
for (const input of document.querySelectorAll('input[name=shown]'))
  input.addEventListener('change', () => {
    options.forEach((option, i) => {
      option.className = classes[input.value].slice(2 * i, 2 * i + 2)
    })
    for (const legend of document.querySelectorAll('.legend')) legend.hidden = legend.dataset.shown !== input.value
  })
`
}
