/* Three steps of training, the same in Node and in a page's worker. */
import { LanguageModel, TextCorpus, train } from 'recurra'

export interface TrainingRequest {
  readonly threads: number
  /** Default: what the runtime has. */
  readonly instructionSet?: string
}

export interface TrainingReply {
  readonly description: string
  readonly instructionSet: string
  readonly losses: readonly number[]
  /** The trained model's file, byte by byte. */
  readonly file: readonly number[]
}

const corpus = new TextCorpus('We learn to read by reading, and to write by writing. '.repeat(20), 'lines')

export async function trainThreeSteps(options: TrainingRequest): Promise<TrainingReply> {
  using model = await LanguageModel.create({ corpus, cell: 'lstm', hiddenSize: 16, backend: 'wasm', ...options })
  const losses: number[] = []
  const run = train(model, { train: corpus }, { steps: 3, batchSize: 4, timeSteps: 8, reportEvery: 1 })
  for await (const { loss } of run) losses.push(loss)
  const { description, backend } = model.engine
  const reply = { description, instructionSet: backend.instructionSet, losses, file: [...model.toBytes()] }
  model.engine.close()
  return reply
}
