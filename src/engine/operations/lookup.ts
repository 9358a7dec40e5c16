/* Rows of a table for tokens, before anybody has looked them up: who can reads them where they stand. */
import type { Engine } from '../engine.js'
import { embeddingBackward } from '../records.js'
import type { Tensor } from '../tensor.js'

/** Tokens that stand for rows of a table; one outside the table for zeros. */
export interface Lookup {
  /** int32 [...] */
  readonly tokens: Tensor
  /** [vocabulary, width] */
  readonly table: Tensor
}

/** On the tape: the gradient of every row that was looked up, given to the table. */
export function scatterAddRows(engine: Engine, { tokens, table }: Lookup, gradient: Tensor): void {
  const target = engine.tape?.targetToAdd(table)
  const width = table.shape.at(-1) ?? 1
  if (!target) return
  engine.run(embeddingBackward, {
    count: tokens.size,
    width,
    vocabulary: table.size / width,
    tokens: tokens.offset,
    dY: gradient.offset,
    dTable: target.offset,
  })
}
