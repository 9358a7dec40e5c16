/* recurra train ngram FILE: counts a text and estimates an n-gram model of it. */
import { Command } from 'commander'
import { z } from 'zod'
import {
  ConfigurationError,
  NGram,
  type NGramConfiguration,
  ngramContradictions,
  ngramSchema,
  picked,
  type TextCorpus,
} from '../../src/index.js'
import { decimals, whole } from '../../src/inspection/index.js'
import { readCorpus } from '../../src/node/index.js'
import { commonSchema, jsonSchema } from '../flags/commonFlags.js'
import { addFlags, UsageError } from '../flags/flags.js'
import { checkFree, nextFree, writeNew } from '../output/outFile.js'
import { write } from '../output/output.js'
import { report } from '../output/report.js'
import { configSchema, PARENT, readTrainInput } from './trainInput.js'

const runSchema = z.strictObject({
  ...configSchema.shape,
  out: z
    .string()
    .optional()
    .describe(
      `the model’s file: .arpa, .arpa.gz or .ngram, which is binary and loads at once (default: ${PARENT}/ngram-N.ngram)`,
    ),
})

const fileSchema = z.strictObject({ data: z.string().optional().describe('the text'), ...ngramSchema.shape })

const schema = z.strictObject({
  ...runSchema.shape,
  ...ngramSchema.shape,
  ...jsonSchema.shape,
  ...commonSchema.shape,
})

export function trainNGramCommand(): Command {
  const command = new Command('ngram')
    .description('counts a text and estimates an n-gram model of it')
    .argument('[FILE]', 'the text in UTF-8; - is standard input (default: data in the configuration)')
  return addFlags(command, schema, { negatable: ['discountFallback', 'sentences'] }).action(
    async (path: string | undefined) => {
      const { flags, data } = await readTrainInput(command, path, {
        ...{ schema, fileSchema, contradictions: ngramContradictions },
        wanted: 'a text to count',
      })
      const options = picked(ngramSchema, flags)
      const out = flags.out ?? (await nextFree(PARENT, 'ngram', '.ngram'))
      checkForm(out, options)
      await checkFree(out)
      const corpus = await readCorpus(data)
      const begun = performance.now()
      const model = estimated(corpus, options)
      const seconds = (performance.now() - begun) / 1000
      report(`${summary(model, seconds)}\n`)
      await writeNew(out, contentOf(model, out))
      if (flags.json)
        await write(
          `${JSON.stringify({ model: out, order: model.order, counts: model.counts, ...model.estimate, seconds })}\n`,
        )
      else await write(`${out}: order ${model.order}, ${whole(sum(model.counts))} n-grams\n`)
    },
  )
}

function estimated(corpus: TextCorpus, options: NGramConfiguration): NGram {
  try {
    return NGram.fit(corpus, options)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    // The way out, as it is called here.
    throw new ConfigurationError(error.message.replace('discountFallback: true', '--discount-fallback'), {
      cause: error,
    })
  }
}

/** Known before any work: what the file's name means, and whether it can say this model. */
function checkForm(out: string, { smoothing, order }: NGramConfiguration): void {
  if (!/\.(arpa|arpa\.gz|ngram)$/.test(out))
    throw new UsageError(`train ngram: --out must end in .arpa, .arpa.gz or .ngram; got ${out}`)
  if (smoothing === 'add-k' && order > 1 && !out.endsWith('.ngram'))
    throw new UsageError(
      'train ngram: ARPA cannot say add-k beyond order 1 (it knows no backing off); give an --out that ends in .ngram, or another --smoothing',
    )
}

function contentOf(model: NGram, out: string) {
  if (out.endsWith('.ngram')) return model.toBytes()
  return out.endsWith('.gz') ? model.arpaGzip() : model.arpa()
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

/** n-grams of each order, with their discounts where they have some. */
function summary({ counts, estimate, tokenizer }: NGram, seconds: number): string {
  const rows = counts.map((count, i) => {
    const discounts = estimate.discounts?.[i]
    const shown = discounts ? `  discounts ${discounts.map(each => each.toPrecision(6)).join(', ')}` : ''
    return `order ${String(i + 1).padEnd(2)} ${whole(count).padStart(12)}${shown}`
  })
  return [...rows, `${whole(tokenizer.size)} symbols, estimated in ${decimals(seconds, 1)} s`].join('\n')
}
