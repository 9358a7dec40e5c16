/* An output layer for vocabularies of ten thousands (Grave et al. 2017, as PyTorch's AdaptiveLogSoftmaxWithLoss has it): frequent
 * tokens and one symbol for each cluster of rarer ones share a softmax, the head; a cluster has a softmax of its own over
 * h P_iᵀ, which is the narrower the rarer its tokens are:
 *
 *     p(token) = softmax(V h)_token                                        of the head
 *     p(token) = softmax(V h)_{cluster i} · softmax(V_i P_i h)_token       of cluster i
 *
 * Only the clusters that a batch's targets fall into are computed. Tokens are taken to be numbered by frequency, as words are. */
import type { Engine } from '../engine/engine.js'
import { logSoftmaxRows } from '../engine/operations/logSoftmax.js'
import { add, embed, linear, reshape } from '../engine/operations/operations.js'
import { type OutputLossOptions, outputLayerLoss } from '../engine/operations/outputLoss.js'
import type { Tensor } from '../engine/tensor.js'
import { ConfigurationError, ShapeError } from '../errors.js'
import type { Random } from '../random.js'
import type { OutputLayer } from './linear.js'
import { Parameter } from './parameter.js'

export interface AdaptiveSoftmaxShape {
  readonly inputs: number
  /** The vocabulary. */
  readonly outputs: number
  /** The first token of each cluster, ascending. */
  readonly cutoffs: readonly number[]
  /** d: cluster i, from 0 on, has ⌊inputs / d^(i+1)⌋ numbers between (PyTorch's div_value). Default 4. */
  readonly divisor?: number | undefined
}

interface Cluster {
  readonly from: number
  readonly to: number
  /** P_i [between, inputs] */
  readonly projection: Parameter
  /** V_i [tokens, between] */
  readonly weight: Parameter
}

/** Sizes of the clusters, and of what stands before their softmax. */
function clustersOf({ inputs, outputs, cutoffs, divisor = 4 }: AdaptiveSoftmaxShape) {
  return cutoffs.map((from, i) => {
    const to = cutoffs[i + 1] ?? outputs
    return { from, to, tokens: to - from, between: Math.max(1, Math.floor(inputs / divisor ** (i + 1))) }
  })
}

export function adaptiveParameterCount(shape: AdaptiveSoftmaxShape): number {
  const head = (shape.cutoffs[0] + shape.cutoffs.length) * shape.inputs
  return clustersOf(shape).reduce((sum, { tokens, between }) => sum + between * (shape.inputs + tokens), head)
}

export class AdaptiveSoftmax implements OutputLayer {
  readonly parameters: readonly Parameter[]
  /** V [frequent tokens + clusters, inputs] */
  private readonly head: Parameter
  private readonly clusters: readonly Cluster[]

  /** @throws ConfigurationError where the cutoffs do not ascend within the vocabulary */
  constructor(
    private readonly engine: Engine,
    private readonly shape: AdaptiveSoftmaxShape & { readonly name: string },
  ) {
    const { inputs, outputs, cutoffs, name } = shape
    if (cutoffs.length === 0 || cutoffs.some((cutoff, i) => cutoff <= (cutoffs[i - 1] ?? 0) || cutoff >= outputs))
      throw new ConfigurationError(
        `adaptiveCutoffs must ascend, from 1 to the vocabulary's ${outputs} tokens less one; got ${cutoffs.join(', ')}`,
      )
    this.head = new Parameter(engine, `${name}.head.weight`, [cutoffs[0] + cutoffs.length, inputs])
    this.clusters = clustersOf(shape).map(({ from, to, tokens, between }, i) => ({
      ...{ from, to },
      projection: new Parameter(engine, `${name}.tail.${i}.0.weight`, [between, inputs]),
      weight: new Parameter(engine, `${name}.tail.${i}.1.weight`, [tokens, between]),
    }))
    this.parameters = [this.head, ...this.clusters.flatMap(({ projection, weight }) => [projection, weight])]
  }

  /** As PyTorch's linear layers without a bias: uniform in ±1/√inputs of each. */
  initialise(random: Random): void {
    for (const parameter of this.parameters) parameter.fillUniform(random, 1 / Math.sqrt(parameter.shape[1]))
  }

  /**
   * Log-probabilities of all tokens, in nats, which are logits that a softmax leaves as they are. No gradient goes through.
   * @param h [..., inputs]
   * @returns [..., outputs]
   */
  forward(h: Tensor): Tensor {
    const { engine, head, clusters } = this
    const { inputs, outputs, cutoffs } = this.shape
    const rows = h.size / inputs
    const all = new Float64Array(rows * outputs)
    const ofHead = logSoftmaxRows(engine.read(linear(engine, h, head.value)), rows)
    const width = ofHead.length / rows
    for (let r = 0; r < rows; r++) all.set(ofHead.subarray(r * width, r * width + cutoffs[0]), r * outputs)
    clusters.forEach(({ from, to, projection, weight }, i) => {
      const logits = engine.read(linear(engine, linear(engine, h, projection.value), weight.value))
      const within = logSoftmaxRows(logits, rows)
      for (let r = 0; r < rows; r++) {
        const ofCluster = ofHead[r * width + cutoffs[0] + i]
        for (let k = 0; k < to - from; k++) all[r * outputs + from + k] = ofCluster + within[r * (to - from) + k]
      }
    })
    return engine.from(all, [...h.shape.slice(0, -1), outputs])
  }

  /**
   * Mean cross-entropy against target tokens, in nats: see `outputLayerLoss`.
   * @throws ConfigurationError for label smoothing, which would need every token's probability
   */
  loss(
    h: Tensor,
    targets: Tensor,
    { labelSmoothing = 0, rowWeights }: OutputLossOptions = {},
  ): { loss: Tensor; losses: Tensor; count: number } {
    const { engine, head, clusters } = this
    const { inputs, cutoffs } = this.shape
    if (labelSmoothing > 0)
      throw new ConfigurationError(
        `labelSmoothing must be 0 where adaptiveCutoffs are given; got ${labelSmoothing}; leave one of them out`,
      )
    const rows = h.size / inputs
    if (targets.size !== rows)
      throw new ShapeError(`AdaptiveSoftmax: targets must have ${rows} elements, one a row of h; got ${targets.size}`)
    const tokens = engine.copyOut(targets) as ArrayLike<number>
    const clusterOf = (token: number) => cutoffs.findLastIndex(cutoff => token >= cutoff)
    const members: number[][] = clusters.map(() => [])
    const inHead = new Int32Array(rows)
    let count = 0
    for (let r = 0; r < rows; r++) {
      const cluster = clusterOf(tokens[r])
      inHead[r] = cluster < 0 ? tokens[r] : cutoffs[0] + cluster
      if (cluster >= 0) members[cluster].push(r)
      if (tokens[r] >= 0) count++
    }
    const listed = reshape(engine, h, [rows, inputs])
    const share = 1 / Math.max(1, count)
    const weights = rowWeights ? engine.read(rowWeights) : new Float64Array(rows).fill(share)
    const whole = engine.from(weights)
    const first = outputLayerLoss(engine, listed, head.value, undefined, engine.tokens(inHead), { rowWeights: whole })
    const losses = engine.read(first.losses)
    let { loss } = first
    clusters.forEach(({ from, projection, weight }, i) => {
      const own = members[i]
      if (own.length === 0) return
      const narrow = linear(engine, embed(engine, engine.tokens(own), listed), projection.value)
      const within = engine.tokens(own.map(r => tokens[r] - from))
      const part = outputLayerLoss(engine, narrow, weight.value, undefined, within, {
        rowWeights: engine.from(own.map(r => weights[r])),
      })
      engine.read(part.losses).forEach((each, k) => {
        losses[own[k]] += each
      })
      loss = add(engine, loss, part.loss)
    })
    return { loss, losses: engine.from(losses), count }
  }
}
