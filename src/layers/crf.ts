/* A linear-chain conditional random field upon emissions (Lafferty et al. 2001; on recurrent layers: Huang, Xu & Yu 2015):
 * tags are judged together, by what each word says and by what may follow what. The mathematics is in linearChain.ts; tags
 * are few beside hidden states, so it is done there in float64 and not in a kernel. */
import type { Engine } from '../engine/engine.js'
import { checkShape, type Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'
import { type Chain, chainCost, exponentialChain, likeliestTags } from './linearChain.js'
import { Parameter } from './parameter.js'

export class Crf {
  /** A [from, to] */
  readonly transitions: Parameter
  readonly start: Parameter
  readonly end: Parameter
  readonly parameters: readonly Parameter[]

  /** @param name prefix of the parameters' names */
  constructor(
    private readonly engine: Engine,
    { tags, name }: { readonly tags: number; readonly name: string },
  ) {
    this.transitions = new Parameter(engine, `${name}.transitions`, [tags, tags])
    this.start = new Parameter(engine, `${name}.start_transitions`, [tags])
    this.end = new Parameter(engine, `${name}.end_transitions`, [tags])
    this.parameters = [this.start, this.end, this.transitions]
  }

  /** Uniform in ±0.1. */
  initialise(random: Random): void {
    for (const parameter of this.parameters) parameter.fillUniform(random, 0.1)
  }

  private get chain(): Chain {
    const read = ({ value }: Parameter) => this.engine.read(value)
    const [tags] = this.start.shape
    return { tags, transitions: read(this.transitions), start: read(this.start), end: read(this.end) }
  }

  /**
   * −Σ log p(y) over the sequences, divided by the number of their steps: [1].
   * @param emissions [time, batch, tags]
   * @param tags int32 [time, batch]; those past a sequence's end mean nothing
   * @param lengths steps of each sequence, from 1 on
   */
  loss(emissions: Tensor, tags: ArrayLike<number>, lengths: ArrayLike<number>): Tensor {
    const { engine } = this
    checkShape(emissions, 'crf: emissions', [-1, lengths.length, this.start.shape[0]], '(time, batch, tags)')
    const [, batch, width] = emissions.shape
    const chain = exponentialChain(this.chain)
    const all = engine.read(emissions)
    const steps = Array.from(lengths).reduce((sum, length) => sum + length, 0)
    const { tape } = engine
    const wanted = tape?.requiresGrad(emissions, ...this.parameters.map(({ value }) => value)) ?? false
    const sums = {
      transitions: new Float64Array(width * width),
      start: new Float64Array(width),
      end: new Float64Array(width),
    }
    const gradient = new Float64Array(wanted ? all.length : 0)
    let cost = 0
    for (let b = 0; b < batch; b++) {
      const own = sequenceOf(all, { b, batch, width, length: lengths[b] })
      const y = Int32Array.from({ length: lengths[b] }, (_, t) => tags[t * batch + b])
      const ofOwn = new Float64Array(wanted ? own.length : 0)
      cost += chainCost(chain, own, y, wanted ? { ...sums, emissions: ofOwn } : undefined, 1 / steps)
      for (let i = 0; i < ofOwn.length; i++)
        gradient[(Math.floor(i / width) * batch + b) * width + (i % width)] = ofOwn[i]
    }
    const loss = engine.from([cost / steps])
    if (tape && wanted)
      tape.record([loss], () => {
        const factor = engine.scalar(tape.gradientOf(loss) as Tensor)
        tape.add(emissions, engine.from(gradient, emissions.shape), factor)
        for (const key of ['transitions', 'start', 'end'] as const)
          tape.add(this[key].value, engine.from(sums[key], this[key].shape), factor)
      })
    return loss
  }

  /**
   * The likeliest tags of each sequence.
   * @param emissions [time, batch, tags]
   */
  decode(emissions: Tensor, lengths: ArrayLike<number>): Int32Array[] {
    const [, batch, width] = emissions.shape
    const { chain } = this
    const all = this.engine.read(emissions)
    return Array.from(lengths, (length, b) => likeliestTags(chain, sequenceOf(all, { b, batch, width, length })))
  }
}

/** Emissions [length, tags] of one sequence of a batch. */
export function sequenceOf(
  all: Float64Array,
  { b, batch, width, length }: { b: number; batch: number; width: number; length: number },
): Float64Array {
  const own = new Float64Array(length * width)
  for (let t = 0; t < length; t++)
    own.set(all.subarray((t * batch + b) * width, (t * batch + b + 1) * width), t * width)
  return own
}
