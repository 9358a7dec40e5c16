/* Attention as one operation: queries over the steps of their own sequences, forward and backward by one kernel each.
 * What is scored, and what is made of the context, is the layer's: src/layers/attention.ts. */
import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import { attentionBackward, attentionForward, sumRows } from '../records.js'
import { checkShape, type Tensor } from '../tensor.js'

export interface AttendInput {
  /** [R, width] */
  readonly queries: Tensor
  /** [time, batch, width] */
  readonly keys: Tensor
  /** [time, batch, hidden]; may be the keys */
  readonly values: Tensor
  /** v [width]: e_s = v tanh(q + k_s); without it e_s = q k_s. */
  readonly score?: Tensor | undefined
  /** int32 [R]: the sequence that each query is over. */
  readonly sequences: Tensor
  /** int32 [batch]: steps of each sequence. */
  readonly lengths: Tensor
}

/**
 * a = softmax(e) over a sequence's own steps; context = Σ a_s value_s.
 * @returns contexts [R, hidden], and weights a [R, time], which have no gradient of their own
 */
export function attend(engine: Engine, input: AttendInput): { contexts: Tensor; weights: Tensor } {
  const { queries, keys, values, score, sequences, lengths } = input
  checkShape(queries, 'attend: queries', [-1, -1], '(queries, width)')
  checkShape(keys, 'attend: keys', [-1, -1, queries.shape[1]], '(time, batch, width)')
  const [time, batch, width] = keys.shape
  checkShape(values, 'attend: values', [time, batch, -1], '(time, batch, hidden)')
  if (score) checkShape(score, 'attend: score', [width], '(width)')
  checkShape(sequences, 'attend: sequences', [queries.shape[0]], '(queries)')
  checkShape(lengths, 'attend: lengths', [batch], '(batch)')
  checkRange(engine, sequences, 'sequences', batch - 1)
  checkRange(engine, lengths, 'lengths', time)
  const [rows, hidden] = [queries.shape[0], values.shape[2]]
  const contexts = engine.tensor([rows, hidden])
  const weights = engine.tensor([rows, time])
  const given = {
    ...{ rows, time, batch, width, hidden },
    ...{ queries: queries.offset, keys: keys.offset, values: values.offset, score: score?.offset },
    ...{ sequences: sequences.offset, lengths: lengths.offset, weights: weights.offset },
  }
  engine.run(attentionForward, { ...given, contexts: contexts.offset })
  const { tape } = engine
  if (tape?.requiresGrad(queries, keys, values, score))
    tape.record([contexts], () => {
      const dScore = tape.target(score)
      const parts = dScore && engine.tensor([batch, width])
      if (parts) engine.fill(parts, 0)
      engine.run(attentionBackward, {
        ...given,
        dContexts: (tape.gradientOf(contexts) as Tensor).offset,
        dQueries: tape.targetToAdd(queries)?.offset,
        dKeys: tape.targetToAdd(keys)?.offset,
        dValues: tape.targetToAdd(values)?.offset,
        dScore: parts?.offset,
      })
      if (!dScore || !parts) return
      const { offset: y, accumulate } = dScore
      engine.run(sumRows, { rows: batch, columns: width, stride: width, a: parts.offset, y, accumulate })
    })
  return { contexts, weights }
}

/** A kernel would read elsewhere. */
function checkRange(engine: Engine, whole: Tensor, name: string, most: number): void {
  const wrong = engine.read(whole).find(value => !(value >= 0 && value <= most))
  if (wrong !== undefined) throw new ShapeError(`attend: ${name} must be 0 to ${most}; got ${wrong}`)
}
