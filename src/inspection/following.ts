/* Reads a text step by step and shows what the model holds after each token. A long text is read in lanes at once; each lane
 * but the first begins a while before its own tokens, so that its state is warm when they come. */
import { platform } from '#platform'
import type { CellState } from '../cells/cell.js'
import type { Tensor } from '../engine/tensor.js'
import type { LanguageModel } from '../models/languageModel/languageModel.js'

export interface FollowOptions {
  /** Lanes at most; default 1: every token is read after all before it. */
  readonly lanes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Followed {
  /**
   * Of each lane, which token has just been read: −1 the start symbol before the text, −2 where the lane is not yet, or no
   * more, among its own tokens.
   */
  readonly positions: Int32Array
  /** After that token; overwritten by the next step. */
  readonly state: readonly CellState[]
  /** [lanes, vocabulary], of the token that follows; of the scope. */
  readonly logits: Tensor
}

/** Tokens that a lane reads before its own. */
const WARM_UP = 256
/** A lane has no fewer of its own. */
const SHORTEST_LANE = 1024
/** Steps between two turns of the event loop. */
const STEPS_AT_ONCE = 32

/**
 * Calls `visit` after every step, in a scope.
 * @param tokens of the text; the start symbol is read before them
 */
export async function follow(
  model: LanguageModel,
  tokens: Int32Array,
  { lanes: most = 1, signal }: FollowOptions,
  visit: (step: Followed) => void,
): Promise<void> {
  const { engine, sentenceEnd } = model
  const fed = new Int32Array(tokens.length + 1)
  fed[0] = model.tokenizer.start
  fed.set(tokens, 1)
  const lanes = Math.max(1, Math.min(most, Math.floor(fed.length / SHORTEST_LANE)))
  // Every lane takes as many steps; those of a later one overlap the lane before it while it warms up.
  const steps = Math.ceil((fed.length + WARM_UP * (lanes - 1)) / lanes)
  const stride = steps - WARM_UP
  const stream = model.stream(lanes)
  const positions = new Int32Array(lanes)
  const inputs = new Int32Array(lanes)
  try {
    for (let t = 0; t < steps && !signal?.aborted; t++) {
      for (let lane = 0; lane < lanes; lane++) {
        const at = lane * stride + t
        inputs[lane] = fed[Math.min(at, fed.length - 1)]
        if (at > 0 && inputs[lane] === sentenceEnd) {
          stream.reset(lane)
          inputs[lane] = model.tokenizer.start
        }
        positions[lane] = at < fed.length && (lane === 0 || t >= WARM_UP) ? at - 1 : -2
      }
      engine.scope(() => {
        const logits = stream.run(engine.tokens(inputs, [1, lanes]))
        visit({ positions, state: stream.state, logits })
      })
      if (t % STEPS_AT_ONCE === STEPS_AT_ONCE - 1) await platform.pause()
    }
  } finally {
    stream.close()
  }
}

/** Each token's part of the text, as the model reads it: joined, they are the text. */
export function piecesOf(model: Pick<LanguageModel, 'tokenizer'>, tokens: Int32Array): string[] {
  const decoder = model.tokenizer.decoder()
  const pieces = Array.from(tokens, token => decoder.push(token))
  if (pieces.length > 0) pieces[pieces.length - 1] += decoder.end()
  return pieces
}
