/* log softmax(o)_j = o_j − log Σ_k exp(o_k), on plain numbers: what is foretold is read off on the processor's side, once for every
 * token that is written, so it is done in place and in plain loops. */

/**
 * Log-probabilities of logits, in nats, in place; a row with NaN in it becomes NaN.
 * @param rows how many lie one after another; default one
 */
export function logSoftmaxRows<A extends Float32Array | Float64Array>(logits: A, rows = 1): A {
  const width = logits.length / rows
  for (let from = 0; from < logits.length; from += width) {
    let most = -Infinity
    for (let i = from; i < from + width; i++) if (!(logits[i] <= most)) most = logits[i]
    let sum = 0
    for (let i = from; i < from + width; i++) sum += Math.exp(logits[i] - most)
    const total = most + Math.log(sum)
    for (let i = from; i < from + width; i++) logits[i] -= total
  }
  return logits
}
