// The one door by which a saved tokenizer comes in.
import { FileFormatError } from '../../errors.js'
import { field, type SavedFields, show } from '../../formats/savedFields.js'
import { BytePairTokenizer } from './bytePairTokenizer.js'
import { ByteTokenizer } from './byteTokenizer.js'
import { CharacterTokenizer } from './characterTokenizer.js'
import { HuggingFaceTokenizer } from './huggingFaceTokenizer.js'
import { MarkedTokenizer } from './sentenceMarks.js'
import { type Tokenizer, type Unit, units } from './tokenizerContract.js'
import { WordTokenizer } from './wordTokenizer.js'

export { type Tokenizer, type TokenizerJSON, type Unit, units } from './tokenizerContract.js'

const readers: Record<Unit, (json: SavedFields, where: string) => Tokenizer> = {
  character: CharacterTokenizer.fromJSON,
  byte: ByteTokenizer.fromJSON,
  word: WordTokenizer.fromJSON,
  'byte-pair': BytePairTokenizer.fromJSON,
  'hugging-face': HuggingFaceTokenizer.fromJSON,
}

/**
 * The tokenizer that `toJSON` described, parsed from JSON. Nothing in `json` is trusted: what does not describe a
 * tokenizer throws a FileFormatError whose message begins with `where`.
 */
export function tokenizerFromJSON(json: unknown, where = 'tokenizer'): Tokenizer {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new FileFormatError(`${where}: a tokenizer must be an object with a unit; got ${show(json)}`)
  }
  const fields = json as SavedFields
  const name = field(fields, 'unit')
  const unit = units.find(known => known === name)
  if (unit === undefined) {
    const known = units.map(each => JSON.stringify(each)).join(', ')
    throw new FileFormatError(
      `${where}: the tokenizer's unit must be one of ${known}; got ${show(name)}; a newer recurra may read it`,
    )
  }
  const marks = field(fields, 'sentenceMarks')
  if (!Object.hasOwn(fields, 'sentenceMarks')) return readers[unit](fields, where)
  if (marks !== true) {
    throw new FileFormatError(`${where}: the tokenizer's sentenceMarks must be true or absent; got ${show(marks)}`)
  }
  const rest = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== 'sentenceMarks'))
  return new MarkedTokenizer(readers[unit](rest, where))
}
