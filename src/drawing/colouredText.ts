/* A text in colours for a terminal, and in figures where there are none: blue is below zero, orange above it, and the stronger
 * the further. Levels go from −9 to 9; of a loss, 9 is that of a guess among all symbols alike, or worse. */
import { diverging, inkOn } from './colours.js'

/** A token and what is known of it. */
export interface ColouredToken {
  /** Its part of the text. */
  readonly text: string
  /** −log p of it, in nats. */
  readonly loss: number
  /** What was likelier, best first. */
  readonly guesses: readonly { readonly text: string; readonly probability: number }[]
  /** A unit's value once the token has been read. */
  readonly activation?: number | undefined
}

export interface ColouredTokens {
  readonly name: string
  readonly tokens: readonly ColouredToken[]
  readonly vocabularySize: number
  /** Mean loss, nats per token. */
  readonly loss: number
  /** The unit’s name. */
  readonly unit?: string | undefined
  /** The value that the strongest colour of the unit stands for. */
  readonly largest: number
  /** Whether the text goes on. */
  readonly cut: boolean
}

/** What the colours mean. */
export type Shown = 'loss' | 'unit'

export const MOST_LEVEL = 9

/** −9 to 9 */
export function levelOf({ loss, activation = 0 }: ColouredToken, view: ColouredTokens, shown: Shown): number {
  const share = shown === 'loss' ? loss / Math.log(view.vocabularySize) : activation / view.largest
  return Math.round(Math.min(1, Math.max(-1, share)) * MOST_LEVEL) || 0
}

/** What a level stands for, in words: `9: 4.17 nats and more`. */
export const levelMeaning = (level: number, view: ColouredTokens, shown: Shown): string =>
  shown === 'loss'
    ? `${((level / MOST_LEVEL) * Math.log(view.vocabularySize)).toFixed(2)} nats${level === MOST_LEVEL ? ' and more' : ''}`
    : ((level / MOST_LEVEL) * view.largest).toFixed(2)

/** What stands in a line for a token: white space that would not be seen has a sign. */
export const shownToken = (text: string): string => text.replace(/\r/g, '␍').replace(/\n/g, '⏎').replace(/\t/g, '⇥')

/**
 * The text in the 256 colours that terminals have; without colours, each line with its levels below it, and a minus below
 * those that are negative.
 */
export function colouredText(view: ColouredTokens, { shown, colour }: { shown: Shown; colour: boolean }): string {
  return colour ? inColours(view, shown) : inFigures(view, shown)
}

function inColours(view: ColouredTokens, shown: Shown): string {
  const painted = view.tokens.map(token => {
    const text = printable(shownToken(token.text))
    const end = token.text.endsWith('\n') ? '\n' : ''
    return `${paint(text, levelOf(token, view, shown))}${end}`
  })
  return ended(painted.join(''))
}

/** Text on the colour of a level. */
export function paint(text: string, level: number): string {
  if (level === 0) return text
  const ground = diverging(level / MOST_LEVEL)
  return `\x1b[38;5;${inkOn(ground) === '#000000' ? 16 : 231};48;5;${cubeColour(ground)}m${text}\x1b[39;49m`
}

function inFigures(view: ColouredTokens, shown: Shown): string {
  const lines = [{ text: '', figures: '', signs: '' }]
  for (const token of view.tokens) {
    const level = levelOf(token, view, shown)
    for (const character of printable(shownToken(token.text))) {
      const line = lines[lines.length - 1]
      line.text += character
      line.figures += Math.abs(level)
      line.signs += level < 0 ? '-' : ' '
    }
    if (token.text.endsWith('\n')) lines.push({ text: '', figures: '', signs: '' })
  }
  return lines
    .filter(({ text }) => text !== '')
    .map(({ text, figures, signs }) => `${text}\n${figures}\n${shown === 'unit' ? `${signs.trimEnd()}\n` : ''}`)
    .join('')
}

/** What a text holds must not steer the terminal. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, '·')

const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

/** The nearest of the 6 × 6 × 6 colours. */
function cubeColour(hex: string): number {
  const [r, g, b] = [1, 3, 5].map(from => {
    const part = Number.parseInt(hex.slice(from, from + 2), 16)
    return part < 48 ? 0 : part < 115 ? 1 : Math.min(5, Math.floor((part - 35) / 40))
  })
  return 16 + 36 * r + 6 * g + b
}
