/* The engine that a model is on: the one that is given, or one as it is described. */
import type { Engine } from '../../engine/engine.js'
import { defaultEngine, type EngineOptions, openEngine } from '../../engine/open.js'

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
