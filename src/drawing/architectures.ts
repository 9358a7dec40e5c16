/* The architectures of recurrent networks as pictures: the network unrolled in time, encoder and decoder, both directions,
 * and a stack of those. Every arrow is a weight matrix or a state, by the letters that equations have for it. */
import { coordinate, element, label, picture } from './svg.js'

const [BOX_WIDTH, BOX_HEIGHT] = [64, 36]
const STEP = 116
const LEFT = 70

interface Box {
  readonly x: number
  readonly y: number
  readonly text: string
  /** Colour of the edge, by the number of a line. */
  readonly colour?: number | undefined
}

const box = ({ x, y, text, colour }: Box) =>
  [
    element('rect', {
      ...{ x: x - BOX_WIDTH / 2, y: y - BOX_HEIGHT / 2, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 6 },
      class: colour === undefined ? 'edge' : `line${colour}`,
      'stroke-width': colour === undefined ? 1 : 2,
    }),
    label(text, { x, y: y + 4, anchor: 'middle' }),
  ].join('')

interface Arrow {
  readonly from: readonly [x: number, y: number]
  readonly to: readonly [x: number, y: number]
  readonly text?: string | undefined
  readonly colour?: number | undefined
}

/** A line with a head; its letter stands to the right of what rises, above what runs level. */
function arrow({ from: [x1, y1], to: [x2, y2], text, colour }: Arrow): string {
  const length = Math.hypot(x2 - x1, y2 - y1)
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length]
  const [bx, by] = [x2 - 8 * dx, y2 - 8 * dy]
  const head = [
    [x2, y2],
    [bx - 4 * dy, by + 4 * dx],
    [bx + 4 * dy, by - 4 * dx],
  ]
  const level = Math.abs(dy) < 0.3
  return [
    element('path', {
      d: `M${coordinate(x1)} ${coordinate(y1)}L${coordinate(bx)} ${coordinate(by)}`,
      class: colour === undefined ? 'edge' : `line${colour}`,
      'stroke-width': 1.5,
    }),
    element('polygon', {
      points: head.map(([x, y]) => `${coordinate(x)},${coordinate(y)}`).join(' '),
      class: colour === undefined ? 'ink' : `fill${colour}`,
    }),
    text
      ? label(text, {
          x: (x1 + x2) / 2 + (level ? 0 : 8),
          y: (y1 + y2) / 2 + (level ? -7 : 4),
          anchor: level ? 'middle' : 'start',
          'font-style': 'italic',
        })
      : '',
  ].join('')
}

const up = (x: number, from: number, to: number, text?: string, colour?: number) =>
  arrow({ from: [x, from - BOX_HEIGHT / 2], to: [x, to + BOX_HEIGHT / 2], text, colour })

const across = (from: number, to: number, y: number, text?: string, colour?: number) => {
  const side = to > from ? BOX_WIDTH / 2 : -BOX_WIDTH / 2
  return arrow({ from: [from + side, y], to: [to - side, y], text, colour })
}

const at = (i: number) => LEFT + i * STEP
const subscript = ['₁', '₂', '₃', '₄']
const steps = [0, 1, 2, 3]

/** h_t = σ(U x_t + W h_{t−1} + b), o_t = V h_t + c, step beside step. */
export function unrolledNetwork(): string {
  const [o, h, x] = [70, 150, 230]
  return picture(
    {
      ...{ width: at(3) + LEFT + 40, height: 290, title: 'A recurrent network, unrolled in time' },
      description:
        'At each step the input x goes through U into the hidden state h, which goes through V to the output o and through W into the next hidden state. U, W and V are the same at every step.',
    },
    label('h_t = σ(U x_t + W h_{t−1} + b)     o_t = V h_t + c     the same U, W, V at every step', { x: 20, y: 26 }),
    ...steps.flatMap(i => [
      box({ x: at(i), y: o, text: `o${subscript[i]}` }),
      box({ x: at(i), y: h, text: `h${subscript[i]}`, colour: 0 }),
      box({ x: at(i), y: x, text: `x${subscript[i]}` }),
      up(at(i), x, h, 'U'),
      up(at(i), h, o, 'V'),
      i < 3 ? across(at(i), at(i + 1), h, 'W', 0) : '',
    ]),
    arrow({ from: [at(0) - STEP / 2 - 8, h], to: [at(0) - BOX_WIDTH / 2, h], text: 'W', colour: 0 }),
    arrow({ from: [at(3) + BOX_WIDTH / 2, h], to: [at(3) + STEP / 2 + 20, h], text: 'W', colour: 0 }),
    label('time →', { x: at(3) + 40, y: 276, anchor: 'end', class: 'faint' }),
  )
}

/** The last state of one network is the first of another (Cho et al. 2014, Sutskever et al. 2014). */
export function encoderDecoder(): string {
  const [o, h, x] = [70, 150, 230]
  const source = ['I', 'am', 'cold']
  const target = ['J’', 'ai', 'froid', '(end)']
  const fed = ['(start)', ...target.slice(0, -1)]
  const decoder = (i: number) => at(3 + i) + 40
  return picture(
    {
      ...{ width: decoder(3) + LEFT, height: 290, title: 'Encoder and decoder' },
      description:
        'The encoder reads the source word by word; its last hidden state is the decoder’s first one. The decoder is fed the word before and foretells the next, until the end.',
    },
    label('encoder', { x: at(1), y: 26, anchor: 'middle', 'font-weight': 'bold' }),
    label('decoder', { x: (decoder(1) + decoder(2)) / 2, y: 26, anchor: 'middle', 'font-weight': 'bold' }),
    ...source.flatMap((word, i) => [
      box({ x: at(i), y: h, text: `h${subscript[i]}`, colour: 0 }),
      box({ x: at(i), y: x, text: word }),
      up(at(i), x, h, 'U'),
      i > 0 ? across(at(i - 1), at(i), h, 'W', 0) : '',
    ]),
    across(at(2), decoder(0), h, 'last h', 2),
    ...target.flatMap((word, i) => [
      box({ x: decoder(i), y: o, text: word }),
      box({ x: decoder(i), y: h, text: `s${subscript[i]}`, colour: 1 }),
      box({ x: decoder(i), y: x, text: fed[i] }),
      up(decoder(i), x, h, 'U′'),
      up(decoder(i), h, o, 'V'),
      i > 0 ? across(decoder(i - 1), decoder(i), h, 'W′', 1) : '',
    ]),
  )
}

/** One level of both directions: forward at y, backward above it. */
function bothDirections(y: number, level: string): string[] {
  const backward = y - 56
  return steps.flatMap(i => [
    box({ x: at(i) - 18, y, text: `h→${level}${subscript[i]}`, colour: 0 }),
    box({ x: at(i) + 18, y: backward, text: `h←${level}${subscript[i]}`, colour: 1 }),
    i < 3 ? across(at(i) - 18, at(i + 1) - 18, y, undefined, 0) : '',
    i > 0 ? across(at(i) + 18, at(i - 1) + 18, backward, undefined, 1) : '',
  ])
}

/** What one level gives to the next: from both directions. */
const fromBoth = (i: number, y: number, to: number) => [
  arrow({ from: [at(i) - 44, y - BOX_HEIGHT / 2], to: [at(i) - 10, to + BOX_HEIGHT / 2], colour: 0 }),
  arrow({ from: [at(i) + 18, y - 56 - BOX_HEIGHT / 2], to: [at(i) + 10, to + BOX_HEIGHT / 2], colour: 1 }),
]

/** What one level is given: both directions. */
const intoBoth = (i: number, from: number, y: number) => [
  arrow({ from: [at(i) - 10, from - BOX_HEIGHT / 2], to: [at(i) - 18, y + BOX_HEIGHT / 2], colour: 0 }),
  arrow({ from: [at(i) + 24, from - BOX_HEIGHT / 2], to: [at(i) + 36, y - 56 + BOX_HEIGHT / 2], colour: 1 }),
]

/** Two networks, one from each end; the output sees both (Schuster & Paliwal 1997). */
export function bidirectionalNetwork(): string {
  const [o, h, x] = [62, 196, 280]
  return picture(
    {
      ...{ width: at(3) + LEFT + 40, height: 320, title: 'A network of both directions' },
      description:
        'One layer reads from the first step to the last, another from the last to the first. The output of each step is made of both hidden states, side by side.',
    },
    label('o_t = V [h→_t; h←_t] + c', { x: 20, y: 26 }),
    ...bothDirections(h, ''),
    ...steps.flatMap(i => [
      box({ x: at(i), y: o, text: `o${subscript[i]}` }),
      box({ x: at(i), y: x, text: `x${subscript[i]}` }),
      ...intoBoth(i, x, h),
      ...fromBoth(i, h, o),
    ]),
  )
}

/** A stack of those: the second layer reads both directions of the first. */
export function deepBidirectionalNetwork(): string {
  const [o, second, joined, first, x] = [62, 190, 262, 390, 474]
  return picture(
    {
      ...{ width: at(3) + LEFT + 40, height: 514, title: 'A deep network of both directions' },
      description:
        'The first layer reads the input in both directions; its two states, side by side, are the input of the second layer, which again reads in both directions. The output sees both states of the last layer.',
    },
    label('layer 2 reads [h→¹_t; h←¹_t]; o_t = V [h→²_t; h←²_t] + c', { x: 20, y: 26 }),
    ...bothDirections(first, '¹'),
    ...bothDirections(second, '²'),
    ...steps.flatMap(i => [
      box({ x: at(i), y: o, text: `o${subscript[i]}` }),
      box({ x: at(i), y: joined, text: '[ ; ]' }),
      box({ x: at(i), y: x, text: `x${subscript[i]}` }),
      ...intoBoth(i, x, first),
      ...fromBoth(i, first, joined),
      ...intoBoth(i, joined, second),
      ...fromBoth(i, second, o),
    ]),
  )
}

/** File name in docs/ → picture. */
export const architectures: Readonly<Record<string, () => string>> = {
  'unrolled.svg': unrolledNetwork,
  'encoder-decoder.svg': encoderDecoder,
  'bidirectional.svg': bidirectionalNetwork,
  'deep-bidirectional.svg': deepBidirectionalNetwork,
}
