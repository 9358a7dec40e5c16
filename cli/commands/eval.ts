/* recurra eval MODEL FILE: how well a model does on data of its kind. */
import { Command } from 'commander'
import { z } from 'zod'
import { dashed } from '../../src/configuration.js'
import {
  Classifier,
  type Evaluation,
  evaluate,
  evaluateClassifier,
  evaluateRegressor,
  evaluateTagger,
  ItemCorpus,
  NGram,
  Regressor,
  Tagger,
  type Tokenizer,
  Translator,
} from '../../src/index.js'
import { readCorpus, readLabelledCorpus, readTaggedCorpus } from '../../src/node/index.js'
import { commonSchema, engineOptionsOf, engineSchema, jsonSchema } from '../flags/commonFlags.js'
import { picked } from '../flags/configurationFile.js'
import { addFlags, givenFlags, readFlags, UsageError } from '../flags/flags.js'
import { builtInOf } from '../flags/givenData.js'
import { labelledSchema } from '../flags/labelledColumns.js'
import { numbersOf, numbersSchema, regressionLine } from '../flags/numbers.js'
import { modelArgument, type OpenPredictor, withModel } from '../flags/openModel.js'
import { copyOf, taggedSchema } from '../flags/taggedColumns.js'
import { classificationLine, confusionTable, scoreTable, taggingLine } from '../output/classification.js'
import { decimals, type Told, whole, write } from '../output/output.js'
import { evalTranslator, translatorEvalSchema } from './evalTranslator.js'

const schema = z.strictObject({
  ...labelledSchema.shape,
  ...taggedSchema.shape,
  ...numbersSchema.shape,
  ...translatorEvalSchema.shape,
  seed: z.int().min(0).default(1).describe('of a built-in corpus, whose test part is measured on'),
  ...jsonSchema.shape,
  ...engineSchema.shape,
  ...commonSchema.shape,
})

type Flags = z.output<typeof schema>

/** An evaluation as JSON has it. */
export const evaluationRecord = ({
  loss,
  perplexity,
  perplexityWithoutUnknown,
  bitsPerCharacter,
  tokens,
  unknown,
}: Evaluation) => ({ loss, perplexity, perplexityWithoutUnknown, bitsPerCharacter, tokens, unknown })

/** An evaluation in one line for people. */
export function evaluationLine(evaluation: Evaluation, unit: Tokenizer['unit'] = 'character'): string {
  const { loss, perplexity, perplexityWithoutUnknown, bitsPerCharacter, tokens, unknown } = evaluation
  const token = unit === 'character' ? 'character' : 'token'
  const known = unknown > 0 ? ` (${decimals(perplexityWithoutUnknown, 2)} without unknown ${token}s)` : ''
  const strange = unknown > 0 ? `, ${whole(unknown)} of them not in the vocabulary` : ''
  return `loss ${decimals(loss)} nats per ${token}, perplexity ${decimals(perplexity, 2)}${known}, ${decimals(bitsPerCharacter)} bits per character (${whole(tokens)} ${token}s${strange})`
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description(
      'measures a model on data: perplexity on a text; accuracy, F1 and the confusion matrix on labelled texts; BLEU and chrF on pairs; errors on numbers',
    )
    .argument('<MODEL>', modelArgument)
    .argument('[FILE]', 'a text, or what the kind of model is trained on; - is standard input')
  return addFlags(command, schema).action(async (path: string, file: string | undefined) => {
    const flags = readFlags(command, schema)
    if (file === undefined && flags.sourceFile === undefined && flags.targetFile === undefined)
      throw new UsageError('eval: FILE is missing; give what MODEL is to be measured on, or - for standard input')
    const wanted = {
      verb: 'eval',
      kinds: ['language model', 'n-gram model', 'classifier', 'tagger', 'translator', 'regressor'],
    } as const
    await withModel(path, engineOptionsOf(flags), wanted, async model => {
      if (!(model instanceof Translator)) checkForTranslators(Object.keys(givenFlags(command)))
      const { lines, record } =
        model instanceof Translator
          ? await evalTranslator(model, file, flags)
          : await measured(model, file as string, flags)
      await write(flags.json ? `${JSON.stringify(record)}\n` : lines)
    })
  })
}

function checkForTranslators(given: readonly string[]): void {
  const strange = given.find(key => key in translatorEvalSchema.shape)
  if (strange) throw new UsageError(`eval: --${dashed(strange)} is for translators; leave it out`)
}

function measured(model: OpenPredictor | Classifier | Tagger | Regressor, file: string, flags: Flags): Promise<Told> {
  if (model instanceof Classifier) return classified(model, file, flags)
  if (model instanceof Tagger) return tagged(model, file, flags)
  if (model instanceof Regressor) return foretold(model, file, flags)
  return read(model, file)
}

async function read(model: OpenPredictor, file: string): Promise<Told> {
  const corpus = await readCorpus(file)
  const evaluation = model instanceof NGram ? model.perplexity(corpus) : await evaluate(model, corpus)
  return {
    lines: `${corpus.name}: ${evaluationLine(evaluation, model.tokenizer.unit)}\n`,
    record: evaluationRecord(evaluation),
  }
}

async function classified(model: Classifier, file: string, flags: Flags): Promise<Told> {
  const builtIn = builtInOf('classify', file)
  const corpus = builtIn
    ? builtIn.generate({ seed: flags.seed }).test
    : await readLabelledCorpus(file, picked(labelledSchema, flags))
  const record = await evaluateClassifier(model, corpus)
  const { perLabel, macro, micro, confusion, labels } = record
  const lines = [`${corpus.name}: ${classificationLine(record)}\n`, scoreTable(perLabel, { macro, micro })]
  if (confusion) lines.push(confusionTable(labels, confusion))
  return { lines: lines.join('\n'), record }
}

async function tagged(model: Tagger, file: string, flags: Flags): Promise<Told> {
  const builtIn = copyOf(file, flags)
  const corpus = builtIn ? builtIn.test : await readTaggedCorpus(file, picked(taggedSchema, flags))
  const record = await evaluateTagger(model, corpus)
  const { perLabel, macro, micro, spans } = record
  const lines = [`${corpus.name}: ${taggingLine(record)}\n`, scoreTable(perLabel, { macro, micro })]
  if (spans) lines.push(scoreTable(spans.perType, { 'spans, macro': spans.macro, 'spans, micro': spans.micro }))
  return { lines: lines.join('\n'), record }
}

async function foretold(model: Regressor, file: string, flags: Flags): Promise<Told> {
  const builtIn = builtInOf('regress', file)
  const data = await numbersOf(file, { seed: flags.seed, ...picked(numbersSchema, flags) })
  const test = builtIn
    ? data.test
    : new ItemCorpus(
        [data.train, data.validation, data.test].flatMap(({ items }) => items),
        file,
      )
  const record = await evaluateRegressor(model, test)
  return { lines: `${test.name}: ${regressionLine(record)}\n`, record }
}
