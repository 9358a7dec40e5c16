/* What every model does with its engine: take the one that is given or open the one that is described, and give its
 * parameters' memory back when it is dropped without `close`. */
import type { Engine } from '../engine/engine.js'
import { defaultEngine, type EngineOptions, openEngine } from '../engine/open.js'
import type { Parameter } from '../layers/parameter.js'

/** What every model's `create` and `load` also take. */
export interface ModelEngineOptions extends EngineOptions {
  /** An engine of one's own; default one for the whole program. */
  readonly engine?: Engine | undefined
}

export const engineFor = ({ engine, backend, threads, instructionSet }: ModelEngineOptions): Engine | Promise<Engine> =>
  engine ??
  (backend === undefined && threads === undefined && instructionSet === undefined
    ? defaultEngine()
    : openEngine({ backend, threads, instructionSet }))

/** Gives the memory of models back that were dropped without `close`. */
export const dropped = new FinalizationRegistry<readonly Parameter[]>(parameters => {
  for (const parameter of parameters) parameter.release()
})
