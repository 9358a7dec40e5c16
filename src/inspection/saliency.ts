/* Which of the earlier tokens a loss rests on, by its gradient with respect to the vectors x_k that the tokens enter as:
 *
 *     ‖∂E/∂x_k‖              how much a small change of token k would change the loss (Simonyan et al. 2014, Li et al. 2016)
 *     −(∂E/∂x_k) · x_k       what token k speaks for: above 0, that it is there makes the loss smaller, to first order
 *                            (gradient × input: Denil et al. 2014)
 *
 * For a language model E is the cross-entropy of one next token; for a classifier that of a class: labelSaliency.ts. */
import type { Engine } from '../engine/engine.js'
import type { Tensor } from '../engine/tensor.js'
import { ConfigurationError } from '../errors.js'
import { likeliest, type NextToken } from '../generation/predictor.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'
import { piecesOf } from './following.js'

export interface Saliency {
  /** ‖∂E/∂x_k‖ of each step, nats per unit of length. */
  readonly norms: Float64Array
  /** −(∂E/∂x_k) · x_k of each step, nats. */
  readonly supports: Float64Array
  /** E, nats. */
  readonly loss: number
}

export interface SalientLoss {
  /** What each step reads, [steps, 1, width]; of the scope that it is asked in. */
  vectors(): Tensor
  /** E [1] of these vectors, on the tape. */
  loss(vectors: Tensor): Tensor
}

/** The saliency of any loss in any vectors. Memory: that of one backward pass over the steps. */
export function saliencyOf(engine: Engine, { vectors, loss }: SalientLoss): Saliency {
  return engine.scope(() => {
    const x = vectors()
    return engine.recording(tape => {
      tape.watch(x)
      const result = loss(x)
      tape.backward(result)
      const width = x.shape.at(-1) as number
      const steps = x.size / width
      const values = engine.read(x)
      const gradientTensor = tape.gradientOf(x)
      const gradient = gradientTensor ? engine.read(gradientTensor) : new Float64Array(x.size)
      const norms = new Float64Array(steps)
      const supports = new Float64Array(steps)
      gradient.forEach((value, i) => {
        const step = Math.floor(i / width)
        norms[step] += value * value
        supports[step] -= value * values[i]
      })
      return { norms: norms.map(Math.sqrt), supports, loss: engine.scalar(result) }
    })
  })
}

export interface SalientToken {
  readonly text: string
  readonly token: number
  /** ‖∂E/∂x_k‖ */
  readonly norm: number
  /** Of the sum of all norms. */
  readonly share: number
  /** −(∂E/∂x_k) · x_k, nats. */
  readonly support: number
}

export interface PredictionSaliency {
  /** The token whose prediction was looked at. */
  readonly target: NextToken
  readonly loss: number
  /** What was read: the start symbol first, with no text of its own. */
  readonly tokens: readonly SalientToken[]
  /** Whether only the end of the text was read. */
  readonly cut: boolean
}

/** Each token with its figures. */
export function salientTokens(
  tokens: ArrayLike<number>,
  pieces: readonly string[],
  { norms, supports }: Saliency,
): SalientToken[] {
  const sum = norms.reduce((total, norm) => total + norm, 0) || 1
  return pieces.map((text, k) => ({
    ...{ text, token: tokens[k], norm: norms[k], share: norms[k] / sum, support: supports[k] },
  }))
}

export interface PredictionSaliencyOptions {
  /** The next token whose prediction is looked at, as text; default the likeliest. */
  readonly target?: string | undefined
  /** Tokens read at most, the last of the text; their states are all held. Default 500. */
  readonly maxTokens?: number | undefined
}

export const SALIENCY_TOKENS = 500

/**
 * What the prediction of the token after a text rests on.
 * @throws ConfigurationError for a target that is not one token of the vocabulary
 */
export function saliencyOfPrediction(
  model: LanguageModel,
  text: string,
  { target, maxTokens = SALIENCY_TOKENS }: PredictionSaliencyOptions = {},
): PredictionSaliency {
  const { engine, tokenizer } = model
  const whole = tokenizer.encode(text)
  const read = whole.subarray(Math.max(0, whole.length - maxTokens))
  const inputs = Int32Array.of(tokenizer.start, ...read)
  const timeSteps = inputs.length
  const logProbabilities = nextAfter(model, read)
  const wanted = target === undefined ? undefined : oneToken(model, target)
  const [best] = likeliest(tokenizer, logProbabilities, 1)
  const token = wanted ?? best.token
  const targets = new Int32Array(timeSteps).fill(-1)
  targets[timeSteps - 1] = token
  const saliency = saliencyOf(engine, {
    vectors: () => model.vectors(engine.tokens(inputs, [timeSteps, 1])),
    loss: vectors => model.loss({ inputs, targets, timeSteps, batchSize: 1 }, { vectors }).loss,
  })
  return {
    target: { text: textOfToken(model, token), token, probability: Math.exp(logProbabilities[token]) },
    loss: saliency.loss,
    tokens: salientTokens(inputs, ['', ...piecesOf(model, read)], saliency),
    cut: read.length < whole.length,
  }
}

function nextAfter(model: LanguageModel, tokens: Int32Array): Float64Array {
  const reading = model.read()
  try {
    reading.push(tokens)
    return reading.next()
  } finally {
    reading.close()
  }
}

const textOfToken = ({ tokenizer }: LanguageModel, token: number) =>
  tokenizer.decode([token]) || tokenizer.vocabulary[token]

function oneToken({ tokenizer }: LanguageModel, text: string): number {
  const tokens = tokenizer.encode(text)
  if (tokens.length === 1 && tokens[0] !== tokenizer.unknown) return tokens[0]
  const named = tokenizer.vocabulary.indexOf(text)
  if (named >= 0) return named
  throw new ConfigurationError(
    `saliency: target must be one token of the vocabulary; got ${JSON.stringify(text)}, which is ${tokens.length === 1 ? 'not in it' : `${tokens.length} tokens`}`,
  )
}
