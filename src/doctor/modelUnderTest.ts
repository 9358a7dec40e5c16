/* The model under test, as far as examinations use it. */
import type { Engine } from '../engine/engine.js'
import type { Trainable } from '../models/shared/trainable.js'

/** A model that can be trained and closed. */
export type ModelUnderTest<Batch> = Trainable<Batch> & { readonly engine: Engine; close(): void }
