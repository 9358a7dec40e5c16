// Reads the numbers that KenLM wrote, by kenlm.py beside this file: what pruned models are compared with.
import { readFileSync } from 'node:fs'

/** What KenLM's query says of a text. */
export interface QueryGolden {
  /** Of each word, `</s>` included: its number in the model, tokens of the longest match, log10 of its probability. */
  words: [id: number, matched: number, log10Probability: number][]
  perplexity: number
  perplexityWithoutUnknown: number
}

export interface KenLMGolden {
  version: string
  /** 150 lines of tinyshakespeare, of which the small models are. */
  text: string
  /** 40 lines, of which 10 stand in the text: what query was asked. */
  asked: string
  /** `prune` as lmplz takes it; `ours`: query on the ARPA file that recurra wrote. */
  small: { order: number; prune: number[]; arpa: string; query: QueryGolden; ours: QueryGolden }[]
  /** Models of the training text of ../shared/golden/kenlm/README.md; perplexities of its test text. */
  large: ({ order: number; prune: number[]; counts: number[]; discounts: [number, number, number][] } & Omit<
    QueryGolden,
    'words'
  >)[]
}

export const kenlmGolden: KenLMGolden = JSON.parse(readFileSync(new URL('kenlm.json', import.meta.url), 'utf8'))
