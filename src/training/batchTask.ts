/* The training task of a model with batches that the caller brings: validation is the mean loss over them. */
import { platform } from '#platform'
import { CarriedState } from '../models/shared/carriedState.js'
import type { BatchSource, Trainable } from '../models/shared/trainable.js'
import type { BatchData, TrainingTask } from './trainingTask.js'

export function batchTask<Batch>(
  model: Trainable<Batch>,
  { train, validation }: BatchData<Batch>,
): TrainingTask<Batch> {
  return {
    batches: train,
    metrics: { loss: 'min' },
    isText: false,
    validate: validation && (async () => ({ loss: await meanLoss(model, validation) })),
  }
}

/** The mean loss over one epoch of batches, each weighted by the count that its loss is the mean of. */
async function meanLoss<Batch>(model: Trainable<Batch>, source: BatchSource<Batch>): Promise<number> {
  const [{ engine }] = model.parameters
  const { carriedBatchSize, batchesPerEpoch } = source
  const carried =
    carriedBatchSize === undefined
      ? undefined
      : new CarriedState(engine, () => model.zeroState?.(carriedBatchSize) ?? [])
  let sum = 0
  let total = 0
  try {
    for (let index = 0; index < batchesPerEpoch; index++) {
      engine.scope(() => {
        const { loss, count = 1, state } = model.loss(source.batch(0, index), { state: carried?.state })
        if (state) carried?.carry(state)
        sum += engine.scalar(loss) * count
        total += count
      })
      await platform.pause()
    }
  } finally {
    carried?.close()
  }
  return sum / total
}
