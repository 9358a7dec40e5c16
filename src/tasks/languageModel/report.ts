/* How a perplexity is reported; n-gram models are reported so too. */
import type { Tokenizer } from '../../data/tokenizers/tokenizer.js'
import { decimals, whole } from '../../drawing/figures.js'
import type { Evaluation } from '../../generation/evaluation.js'

/** An evaluation as JSON has it. */
export const evaluationRecord = ({
  loss,
  perplexity,
  perplexityWithoutUnknown,
  bitsPerCharacter,
  tokens,
  unknown,
}: Evaluation) => ({ loss, perplexity, perplexityWithoutUnknown, bitsPerCharacter, tokens, unknown })

/** An evaluation in one line for people. */
export function evaluationLine(evaluation: Evaluation, unit: Tokenizer['unit'] = 'character'): string {
  const { loss, perplexity, perplexityWithoutUnknown, bitsPerCharacter, tokens, unknown } = evaluation
  const token = unit === 'character' ? 'character' : 'token'
  const known = unknown > 0 ? ` (${decimals(perplexityWithoutUnknown, 2)} without unknown ${token}s)` : ''
  const outside = unknown > 0 ? `, ${whole(unknown)} of them not in the vocabulary` : ''
  return `loss ${decimals(loss)} nats per ${token}, perplexity ${decimals(perplexity, 2)}${known}, ${decimals(bitsPerCharacter)} bits per character (${whole(tokens)} ${token}s${outside})`
}
