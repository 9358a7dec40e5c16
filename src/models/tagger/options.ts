/* What a tagger is made of: one schema for the library, the configuration file, the flags and the help; and the larger one of
 * its file, with the tags that it knows. */
import { z } from 'zod'
import { characterVectorParameterCount } from '../../layers/characterVectors.js'
import { recurrentParameterCount } from '../../layers/recurrent.js'
import { cellOf, recurrentContradictions, recurrentOptionsOf, recurrentShape } from '../shared/recurrentOptions.js'
import { readingShape } from '../shared/textOptions.js'

const { embedding, ...reading } = readingShape

export const taggerSchema = z.strictObject({
  minCount: z.int().min(1).default(1).describe('a word seen less often is unknown'),
  vocabularySize: z.int().min(2).max(1_000_000).optional().describe('words at most (default: all)'),
  foldCase: z.boolean().default(false).describe('words in small letters; their characters stay as they are'),
  ...recurrentShape,
  hiddenSize: z.int().min(1).max(65536).default(128).describe('units of each recurrent layer and direction'),
  numLayers: z.int().min(1).max(64).default(1).describe('recurrent layers, one upon another'),
  ...reading,
  embeddingSize: z.int().min(1).max(65536).default(100).describe('length of a word’s learned vector'),
  bidirectional: z.boolean().default(true).describe('a second direction reads from each sentence’s end'),
  wordDropout: reading.wordDropout.describe(
    'probability that a word is taken as unknown in training; its characters stay',
  ),
  characterHiddenSize: z
    .int()
    .min(0)
    .max(65536)
    .default(64)
    .describe('units of each direction that makes a word’s second vector of its characters; 0: there is none'),
  characterEmbeddingSize: z.int().min(1).max(65536).default(32).describe('length of a character’s learned vector'),
  crf: z.boolean().default(false).describe('tags are judged together, by a linear-chain conditional random field'),
})

export const taggerContradictions = recurrentContradictions

/** In a model's file. */
export const taggerFileSchema = z.strictObject({
  ...taggerSchema.shape,
  tags: z.array(z.string()).min(1).describe('in the order of the outputs'),
})

/** A tagger's configuration as users give it: every key has a default. */
export type TaggerOptions = z.input<typeof taggerSchema>
/** A tagger's configuration, complete, with the tags that it knows. */
export type TaggerConfiguration = z.output<typeof taggerFileSchema>

/** Symbols that are known. */
export interface TaggerVocabularies {
  readonly words: number
  readonly characters: number
}

/** The layer that makes vectors of characters; undefined where there is none. */
export function characterOptionsOf(configuration: TaggerConfiguration, { characters }: TaggerVocabularies) {
  const { characterHiddenSize: hiddenSize, characterEmbeddingSize: embeddingSize } = configuration
  if (hiddenSize === 0) return undefined
  return {
    ...{ cell: cellOf(configuration, []), vocabularySize: characters, embeddingSize, hiddenSize },
    name: 'characters',
  }
}

/** The recurrent layers that a sentence goes through. */
export function taggerLayers(configuration: TaggerConfiguration) {
  const { embeddingSize, characterHiddenSize, bidirectional } = configuration
  const inputSize = embeddingSize + 2 * characterHiddenSize
  return recurrentOptionsOf(configuration, [], { inputSize, bidirectional, name: 'recurrent' })
}

/** Parameters of a tagger, counted without making it. */
export function taggerParameterCount(configuration: TaggerConfiguration, vocabularies: TaggerVocabularies): number {
  const { embeddingSize, hiddenSize, projSize, bidirectional, crf, tags } = configuration
  const characters = characterOptionsOf(configuration, vocabularies)
  const width = (projSize ?? hiddenSize) * (bidirectional ? 2 : 1)
  const chain = crf ? tags.length * (tags.length + 2) : 0
  return (
    vocabularies.words * embeddingSize +
    (characters ? characterVectorParameterCount(characters) : 0) +
    recurrentParameterCount(taggerLayers(configuration)) +
    (width + 1) * tags.length +
    chain
  )
}
