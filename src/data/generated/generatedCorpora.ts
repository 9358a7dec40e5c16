/* The built-in corpora by name: what `recurra data NAME` and `recurra train TASK NAME` know. */
import { ConfigurationError, nearest } from '../../errors.js'
import { adding } from './adding.js'
import { agreement } from './agreement.js'
import { copy } from './copy.js'
import { dates } from './dates.js'
import { dyck } from './dyck.js'
import { englishFrench } from './englishFrench.js'
import type { GenerateCorpusOptions, GeneratedCorpus } from './generatedCorpus.js'
import { parity } from './parity.js'
import { reviews } from './reviews.js'
import { sales } from './sales.js'

export const generatedCorpora = {
  agreement,
  reviews,
  'english-french': englishFrench,
  dates,
  adding,
  copy,
  parity,
  dyck,
  sales,
} as const satisfies Record<string, WrittenCorpus>

/** What every built-in corpus is: a description, and a file that a seed makes. */
export interface WrittenCorpus
  extends Pick<GeneratedCorpus<unknown>, 'name' | 'description' | 'fileForm' | 'defaultCount'> {
  /** The object of `recurra train`. */
  readonly task: string
  generate(options?: GenerateCorpusOptions): { toFile(): string }
}

export type GeneratedCorpusName = keyof typeof generatedCorpora

/** The corpus with this name. @throws ConfigurationError that names the known ones */
export function generatedCorpus(name: string): WrittenCorpus {
  const known: Readonly<Record<string, WrittenCorpus>> = generatedCorpora
  if (Object.hasOwn(known, name)) return known[name]
  const names = Object.keys(known)
  const near = nearest(name, names)
  throw new ConfigurationError(
    `there is no built-in corpus ${JSON.stringify(name.slice(0, 40))}; there are ${names.join(', ')}${near ? `; did you mean ${near}?` : ''}`,
  )
}
