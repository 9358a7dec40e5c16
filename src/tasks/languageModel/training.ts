/* A language model in training: a text or sentences as batches; validation by perplexity; and the same few beginnings of the
 * validation text, continued each time. */
import { TextCorpus } from '../../data/corpora/corpus.js'
import { ItemCorpus } from '../../data/corpora/items.js'
import { evaluate } from '../../evaluation/perplexity.js'
import {
  type LanguageCorpus,
  sentencesOf,
  streamOf,
  type TokenBatch,
  tokenBatches,
} from '../../models/languageModel/batches.js'
import type { LanguageModel } from '../../models/languageModel/languageModel.js'
import type { TrainingConfiguration } from '../../training/options.js'
import type { Sample, TrainingTask } from '../../training/trainingTask.js'

/** A text or sentences to train on, and to look at. */
export interface LanguageData {
  readonly train: LanguageCorpus
  readonly validation?: LanguageCorpus | undefined
}

export function isLanguageData(data: unknown): data is LanguageData {
  if (typeof data !== 'object' || data === null || !('train' in data)) return false
  const { train } = data
  return (
    train instanceof TextCorpus || (train instanceof ItemCorpus && train.items.every(item => typeof item === 'string'))
  )
}

/** While training, validation looks at no more than this many tokens: a look costs as much as a third of a step does. */
const VALIDATION_TOKENS = 100_000

/** Tokens of a sample's prompt and of its output. */
const PROMPT_TOKENS = 24
const OUTPUT_TOKENS = 48

export const languageModelMetrics = { loss: 'min', perplexity: 'min' } as const

export function languageModelTraining(
  model: LanguageModel,
  { train, validation }: LanguageData,
  configuration: TrainingConfiguration,
): TrainingTask<TokenBatch> {
  model.algorithm = configuration.algorithm
  let beginnings: readonly Beginning[] | undefined
  return {
    batches: tokenBatches(model.tokenizer, train, configuration),
    metrics: languageModelMetrics,
    isText: true,
    validate:
      validation &&
      (async () => {
        const { loss, perplexity } = await evaluate(model, validation, { tokens: VALIDATION_TOKENS })
        return { loss, perplexity }
      }),
    samples:
      validation &&
      (count => {
        beginnings ??= beginningsOf(model, validation, count)
        return continued(model, beginnings)
      }),
  }
}

type Beginning = Pick<Sample, 'input' | 'target'>

function beginningsOf(model: LanguageModel, corpus: LanguageCorpus, count: number): Beginning[] {
  return model.algorithm === 'sentence'
    ? sentenceBeginnings(model, sentencesOf(corpus), count)
    : textBeginnings(model, streamOf(corpus).text, count)
}

/** The first halves of sentences from all over the corpus. */
function sentenceBeginnings({ tokenizer }: LanguageModel, sentences: readonly string[], count: number): Beginning[] {
  const chosen = Array.from({ length: Math.min(count, sentences.length) }, (_, k) =>
    tokenizer.encode(sentences[Math.floor((k * sentences.length) / count)]),
  )
  return chosen.map(tokens => {
    const cut = Math.min(PROMPT_TOKENS, Math.ceil(tokens.length / 2))
    return {
      input: tokenizer.decode(tokens.subarray(0, cut)),
      target: tokenizer.decode(tokens.subarray(cut, cut + OUTPUT_TOKENS)),
    }
  })
}

/** Beginnings from all over the text, each after a line's end where there is one near. */
function textBeginnings({ tokenizer }: LanguageModel, text: string, count: number): Beginning[] {
  const beginnings: Beginning[] = []
  for (let k = 0; k < count; k++) {
    const from = Math.floor((k * text.length) / count)
    const line = k === 0 ? 0 : text.indexOf('\n', from) + 1
    const start = line > 0 && line - from < 200 ? line : from
    // No token is longer than what people write without a space: this holds more tokens than are wanted.
    const tokens = tokenizer.encode(text.slice(start, start + 40 * (PROMPT_TOKENS + OUTPUT_TOKENS)))
    if (tokens.length <= PROMPT_TOKENS) continue
    const input = tokenizer.decode(tokens.subarray(0, PROMPT_TOKENS))
    beginnings.push({ input, target: tokenizer.decode(tokens.subarray(PROMPT_TOKENS, PROMPT_TOKENS + OUTPUT_TOKENS)) })
  }
  return beginnings
}

/** What the model writes after each. */
async function continued(model: LanguageModel, beginnings: readonly Beginning[]): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const { input, target } of beginnings) {
    let output = ''
    const stop = model.algorithm === 'sentence' ? '\n' : undefined
    for await (const piece of model.generate({ prompt: input, length: OUTPUT_TOKENS, temperature: 0.5, stop }))
      output += piece
    samples.push({ input, target, output })
  }
  return samples
}
