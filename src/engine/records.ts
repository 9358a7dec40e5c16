/* The record of every kernel: how its arguments are written into the heap, and read back. Generated from
 * kernels/kernels.h by `node tools/records.mjs`; change that file, not this one. */

/** A record as it is read back: every field is there, 0 where the caller gave none. */
export type CompleteRecord<R extends object> = { readonly [Field in keyof R]-?: number }

/** One kernel's number and record. `at` is the byte offset of the record in the heap, a multiple of 8. */
export interface KernelDefinition<R extends object> {
  readonly name: string
  readonly number: number
  /** Size of the record. */
  readonly bytes: number
  /** Whether the kernel needs scratch memory, whose place is then the last argument of `write`; 0 where it does not. */
  readonly usesWorkspace: boolean
  write(words: Int32Array, doubles: Float64Array, at: number, record: R, workspace: number): void
  read(words: Int32Array, doubles: Float64Array, at: number): CompleteRecord<R>
}

/** Room for the largest record, in bytes. */
export const RECORD_BYTES = 256

/** What one step of a cell is: the `cell` field of the recurrence records. */
export const cell = {
  /** h = tanh(a); G = 1, A = 0 */
  elmanTanh: 0,
  /** h = max(a, 0); G = 1, A = 0 */
  elmanRelu: 1,
  /** h = 1 / (1 + exp(-a)); G = 1, A = 0 */
  elmanSigmoid: 2,
  /** gates r, z, n; G = 3, A = 1 (n: the reset gate multiplies W h + b) */
  gru: 3,
  /** gates i, f, g, o; state h, c G = 4, A = 0 */
  lstm: 4,
} as const

/** The `operation` field of ElementwiseRecord. */
export const elementwiseOperation = {
  /** y = alpha a (copy: alpha = 1; b unused) */
  scale: 0,
  /** y = a + alpha b */
  add: 1,
  /** y = alpha a b */
  multiply: 2,
  /** y = tanh(a) */
  tanh: 3,
  /** y = 1 / (1 + exp(-a)) */
  sigmoid: 4,
  /** y = max(a, 0) */
  relu: 5,
  /** y = b (1 - a^2); a: the value of tanh, b: its gradient */
  tanhGradient: 6,
  /** y = b a (1 - a); a: the value of the sigmoid */
  sigmoidGradient: 7,
  /** y = b where a > 0; a: the value of the ReLU */
  reluGradient: 8,
  /** y = a, but at least -alpha and at most alpha */
  clamp: 9,
  /** y = alpha, 0 or -alpha, as a is above, at or below 0 */
  sign: 10,
  /** y = alpha; what a holds does not matter */
  fill: 11,
} as const

/**
 * y [m, n] = op(a) op(b) + bias, or y += op(a) op(b). Each element is one chain of multiply-adds in ascending k
 * that starts at 0, at the bias, or at what y holds; so its bits depend on no tile, edge or thread.
 */
export interface MatmulRecord {
  m: number
  n: number
  k: number
  /** [m, k], row stride a_stride; [k, m] if transpose_a */
  a: number
  /** [k, n], row stride b_stride; [n, k] if transpose_b */
  b: number
  /** [m, n], row stride y_stride */
  y: number
  /** [n], or 0; only without accumulate */
  bias?: number | undefined
  /** elements from one stored row to the next */
  aStride: number
  bStride: number
  yStride: number
  /** 1: b stands as it is, neither transposed nor packed; or 0 */
  transposeA?: number | undefined
  /** 1, or 0 */
  transposeB?: number | undefined
  /** 1, or 0 */
  accumulate?: number | undefined
  /** 1: b is what PACK made of it, b_stride and transpose_b mean nothing; or 0 */
  packedB?: number | undefined
  /** [m] out, with transpose_a: sum over k of op(a), in ascending k; or 0 */
  sums?: number | undefined
  /** 1: added to what sums holds, or 0 */
  addSums?: number | undefined
}

export const matmul: KernelDefinition<MatmulRecord> = Object.freeze({
  name: 'matmul',
  number: 0,
  bytes: 68,
  usesWorkspace: true,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: MatmulRecord, workspace: number) {
    const word = at / 4
    words[word] = workspace
    words[word + 1] = record.m
    words[word + 2] = record.n
    words[word + 3] = record.k
    words[word + 4] = record.a
    words[word + 5] = record.b
    words[word + 6] = record.y
    words[word + 7] = record.bias ?? 0
    words[word + 8] = record.aStride
    words[word + 9] = record.bStride
    words[word + 10] = record.yStride
    words[word + 11] = record.transposeA ?? 0
    words[word + 12] = record.transposeB ?? 0
    words[word + 13] = record.accumulate ?? 0
    words[word + 14] = record.packedB ?? 0
    words[word + 15] = record.sums ?? 0
    words[word + 16] = record.addSums ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      m: words[word + 1],
      n: words[word + 2],
      k: words[word + 3],
      a: words[word + 4] >>> 0,
      b: words[word + 5] >>> 0,
      y: words[word + 6] >>> 0,
      bias: words[word + 7] >>> 0,
      aStride: words[word + 8],
      bStride: words[word + 9],
      yStride: words[word + 10],
      transposeA: words[word + 11],
      transposeB: words[word + 12],
      accumulate: words[word + 13],
      packedB: words[word + 14],
      sums: words[word + 15] >>> 0,
      addSums: words[word + 16],
    }
  },
})

/**
 * Rearranges w for whoever multiplies by it more than once: the recurrence at every step, a stream. `packed` has
 * ceil(n / panel) * panel * k elements, with the backend's panel width; the layout is the backend's own.
 */
export interface PackRecord {
  /** columns of the product */
  n: number
  /** terms of each sum */
  k: number
  /** [k, n]; [n, k] if transpose */
  w: number
  /** out */
  packed: number
  /** 1, or 0 */
  transpose?: number | undefined
}

export const pack: KernelDefinition<PackRecord> = Object.freeze({
  name: 'pack',
  number: 1,
  bytes: 20,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: PackRecord) {
    const word = at / 4
    words[word] = record.n
    words[word + 1] = record.k
    words[word + 2] = record.w
    words[word + 3] = record.packed
    words[word + 4] = record.transpose ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      n: words[word],
      k: words[word + 1],
      w: words[word + 2] >>> 0,
      packed: words[word + 3] >>> 0,
      transpose: words[word + 4],
    }
  },
})

/**
 * The recurrence kernels take a whole batch, or a ragged one: then `lengths` says how many steps each sequence has,
 * the arrays marked [S, …] hold the steps that exist and nothing else (S rows, the sum of the lengths), and `rows`
 * tells which row step t of sequence b is: rows[t B + b]. In a whole batch [S, …] is [T, B, …]. The loop over time.
 * On entry `gates` holds U x_t + b of every step, or with `tokens` the rows of a table do, and gates is but
 * written; on return the activations that the backward pass needs. W h_{t-1} is added to the first G - A gates, and
 * kept in `apart` for the last A. With a projection (Sak et al. 2014), of cells that have a c, a step puts out and
 * carries P units, h = W_hr m, m being what it else puts out; else P is H.
 */
export interface RecurrenceForwardRecord {
  /** enum cell */
  cell: number
  /** T */
  time: number
  /** B */
  batch: number
  /** H */
  hidden: number
  /** 1: from the last step to the first, or 0 */
  reverse?: number | undefined
  /** [S, G H] in: U x + b; out: activations */
  gates: number
  /** [S, A H] out: W h + apart_bias; or 0 where A = 0 */
  apart?: number | undefined
  /** [A H], or 0 where A = 0 */
  apartBias?: number | undefined
  /** W packed twice, k = P: the summed gates' n = (G - A) H columns, then the n = A H kept apart */
  weight: number
  /** [T + 1, B, P]; in: the initial state at 0 (at T if reverse); out: all others */
  states: number
  /** [T + 1, B, H] the same for c; or 0 where the cell has none */
  cells?: number | undefined
  /** [B, P] multiplies h before W, the same at every step; or 0 */
  mask?: number | undefined
  /** int32 [B], each 0 to T; past its length a sequence keeps its state; or 0 */
  lengths?: number | undefined
  /** int32 [T, B], where there are lengths; or 0 */
  rows?: number | undefined
  /** P where there is a projection, or 0 */
  outputs?: number | undefined
  /** W_hr packed, n = P, k = H; or 0 */
  projection?: number | undefined
  /** [S, H] out: m; or 0 where there is no projection */
  projected?: number | undefined
  /** int32 [S]: the row of `table` that is U x + b of a step; or 0 */
  tokens?: number | undefined
  /** [vocabulary, G H], or 0 */
  table?: number | undefined
  /** rows of `table`; a token outside 0 … vocabulary - 1 gives zeros; or 0 */
  vocabulary?: number | undefined
}

export const recurrenceForward: KernelDefinition<RecurrenceForwardRecord> = Object.freeze({
  name: 'recurrenceForward',
  number: 2,
  bytes: 84,
  usesWorkspace: true,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: RecurrenceForwardRecord, workspace: number) {
    const word = at / 4
    words[word] = workspace
    words[word + 1] = record.cell
    words[word + 2] = record.time
    words[word + 3] = record.batch
    words[word + 4] = record.hidden
    words[word + 5] = record.reverse ?? 0
    words[word + 6] = record.gates
    words[word + 7] = record.apart ?? 0
    words[word + 8] = record.apartBias ?? 0
    words[word + 9] = record.weight
    words[word + 10] = record.states
    words[word + 11] = record.cells ?? 0
    words[word + 12] = record.mask ?? 0
    words[word + 13] = record.lengths ?? 0
    words[word + 14] = record.rows ?? 0
    words[word + 15] = record.outputs ?? 0
    words[word + 16] = record.projection ?? 0
    words[word + 17] = record.projected ?? 0
    words[word + 18] = record.tokens ?? 0
    words[word + 19] = record.table ?? 0
    words[word + 20] = record.vocabulary ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      cell: words[word + 1],
      time: words[word + 2],
      batch: words[word + 3],
      hidden: words[word + 4],
      reverse: words[word + 5],
      gates: words[word + 6] >>> 0,
      apart: words[word + 7] >>> 0,
      apartBias: words[word + 8] >>> 0,
      weight: words[word + 9] >>> 0,
      states: words[word + 10] >>> 0,
      cells: words[word + 11] >>> 0,
      mask: words[word + 12] >>> 0,
      lengths: words[word + 13] >>> 0,
      rows: words[word + 14] >>> 0,
      outputs: words[word + 15],
      projection: words[word + 16] >>> 0,
      projected: words[word + 17] >>> 0,
      tokens: words[word + 18] >>> 0,
      table: words[word + 19] >>> 0,
      vocabulary: words[word + 20],
    }
  },
})

/**
 * Back-propagation through time. Consumes what forward left: `gates` becomes the gradient of U x + b, `apart` that
 * of W h + apart_bias. Weight gradients are matmuls of the caller's, over all steps at once.
 */
export interface RecurrenceBackwardRecord {
  /** enum cell */
  cell: number
  /** T */
  time: number
  /** B */
  batch: number
  /** H */
  hidden: number
  /** as forward, or 0 */
  reverse?: number | undefined
  /** [S, G H] in: activations; out: gradient of U x + b */
  gates: number
  /** [S, A H] in: as forward left it; out: gradient of W h + apart_bias; or 0 where A = 0 */
  apart?: number | undefined
  /** W packed with n = P, k = G H */
  weight: number
  /** [T + 1, B, P] as forward left it */
  states: number
  /** [T + 1, B, H] as forward left it, or 0 */
  cells?: number | undefined
  /** as forward, or 0 */
  mask?: number | undefined
  /** as forward, or 0 */
  lengths?: number | undefined
  /** as forward, or 0 */
  rows?: number | undefined
  /** [S, P] gradient of h_t from outside the loop, or 0 */
  dOutputs?: number | undefined
  /** [S, H] gradient of c_t from outside the loop, or 0 */
  dCells?: number | undefined
  /** [B, P] gradient of the last state, or 0 */
  dFinalHidden?: number | undefined
  /** [B, H], or 0 */
  dFinalCell?: number | undefined
  /** [B, P] out, or 0 */
  dInitialHidden?: number | undefined
  /** [B, H] out, or 0 */
  dInitialCell?: number | undefined
  /** [S, P] out: the whole gradient of h_t, from outside and from later steps, or 0 */
  dhSteps?: number | undefined
  /** [S, H] out: the whole gradient of c_t, or 0 */
  dcSteps?: number | undefined
  /** as forward, or 0 */
  outputs?: number | undefined
  /** W_hr packed with n = H, k = P; or 0 */
  projection?: number | undefined
}

export const recurrenceBackward: KernelDefinition<RecurrenceBackwardRecord> = Object.freeze({
  name: 'recurrenceBackward',
  number: 3,
  bytes: 96,
  usesWorkspace: true,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: RecurrenceBackwardRecord, workspace: number) {
    const word = at / 4
    words[word] = workspace
    words[word + 1] = record.cell
    words[word + 2] = record.time
    words[word + 3] = record.batch
    words[word + 4] = record.hidden
    words[word + 5] = record.reverse ?? 0
    words[word + 6] = record.gates
    words[word + 7] = record.apart ?? 0
    words[word + 8] = record.weight
    words[word + 9] = record.states
    words[word + 10] = record.cells ?? 0
    words[word + 11] = record.mask ?? 0
    words[word + 12] = record.lengths ?? 0
    words[word + 13] = record.rows ?? 0
    words[word + 14] = record.dOutputs ?? 0
    words[word + 15] = record.dCells ?? 0
    words[word + 16] = record.dFinalHidden ?? 0
    words[word + 17] = record.dFinalCell ?? 0
    words[word + 18] = record.dInitialHidden ?? 0
    words[word + 19] = record.dInitialCell ?? 0
    words[word + 20] = record.dhSteps ?? 0
    words[word + 21] = record.dcSteps ?? 0
    words[word + 22] = record.outputs ?? 0
    words[word + 23] = record.projection ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      cell: words[word + 1],
      time: words[word + 2],
      batch: words[word + 3],
      hidden: words[word + 4],
      reverse: words[word + 5],
      gates: words[word + 6] >>> 0,
      apart: words[word + 7] >>> 0,
      weight: words[word + 8] >>> 0,
      states: words[word + 9] >>> 0,
      cells: words[word + 10] >>> 0,
      mask: words[word + 11] >>> 0,
      lengths: words[word + 12] >>> 0,
      rows: words[word + 13] >>> 0,
      dOutputs: words[word + 14] >>> 0,
      dCells: words[word + 15] >>> 0,
      dFinalHidden: words[word + 16] >>> 0,
      dFinalCell: words[word + 17] >>> 0,
      dInitialHidden: words[word + 18] >>> 0,
      dInitialCell: words[word + 19] >>> 0,
      dhSteps: words[word + 20] >>> 0,
      dcSteps: words[word + 21] >>> 0,
      outputs: words[word + 22],
      projection: words[word + 23] >>> 0,
    }
  },
})

/** y_i = table[tokens_i]. A token outside 0 … vocabulary - 1 gives a row of zeros. */
export interface EmbeddingForwardRecord {
  count: number
  width: number
  vocabulary: number
  /** int32 [count] */
  tokens: number
  /** [vocabulary, width] */
  table: number
  /** [count, width] */
  y: number
}

export const embeddingForward: KernelDefinition<EmbeddingForwardRecord> = Object.freeze({
  name: 'embeddingForward',
  number: 4,
  bytes: 24,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: EmbeddingForwardRecord) {
    const word = at / 4
    words[word] = record.count
    words[word + 1] = record.width
    words[word + 2] = record.vocabulary
    words[word + 3] = record.tokens
    words[word + 4] = record.table
    words[word + 5] = record.y
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      count: words[word],
      width: words[word + 1],
      vocabulary: words[word + 2],
      tokens: words[word + 3] >>> 0,
      table: words[word + 4] >>> 0,
      y: words[word + 5] >>> 0,
    }
  },
})

/** d_table[tokens_i] += d_y_i, in ascending i. The caller clears d_table first where it does not add. */
export interface EmbeddingBackwardRecord {
  count: number
  width: number
  vocabulary: number
  /** int32 [count] */
  tokens: number
  /** [count, width] */
  dY: number
  /** [vocabulary, width] added to */
  dTable: number
}

export const embeddingBackward: KernelDefinition<EmbeddingBackwardRecord> = Object.freeze({
  name: 'embeddingBackward',
  number: 5,
  bytes: 24,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: EmbeddingBackwardRecord) {
    const word = at / 4
    words[word] = record.count
    words[word + 1] = record.width
    words[word + 2] = record.vocabulary
    words[word + 3] = record.tokens
    words[word + 4] = record.dY
    words[word + 5] = record.dTable
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      count: words[word],
      width: words[word + 1],
      vocabulary: words[word + 2],
      tokens: words[word + 3] >>> 0,
      dY: words[word + 4] >>> 0,
      dTable: words[word + 5] >>> 0,
    }
  },
})

/**
 * The output layer, softmax and cross-entropy, in blocks of rows: o = V h + c, and with label smoothing s (Szegedy
 * et al. 2016, as PyTorch has it) E = log sum_j exp(o_j) - (1 - s) o_target - s mean_j(o_j). With `gradients` also
 * those of scale * sum_i weight_i E_i. A target outside 0 … V - 1, such as -1, has no loss and no gradient.
 */
export interface OutputLossRecord {
  rows: number
  /** H */
  hidden: number
  /** V */
  vocabulary: number
  /** 1: write d_h, d_weight and d_bias, or 0 */
  gradients?: number | undefined
  /** [rows, H] */
  h: number
  /** [V, H] */
  weight: number
  /** [V], or 0 */
  bias?: number | undefined
  /** int32 [rows] */
  targets: number
  /** [rows] weight_i; or 0: all 1 */
  rowWeights?: number | undefined
  /** [rows] out: E_i in nats; 0 for target -1 */
  losses: number
  /** [rows, H] out, or 0 */
  dH?: number | undefined
  /** [V, H] out, or 0 */
  dWeight?: number | undefined
  /** [V] out, or 0 */
  dBias?: number | undefined
  /** usually 1 / number of targets */
  scale: number
  /** s, above 0 and below 1, or 0 */
  smoothing?: number | undefined
}

export const outputLoss: KernelDefinition<OutputLossRecord> = Object.freeze({
  name: 'outputLoss',
  number: 6,
  bytes: 72,
  usesWorkspace: true,
  write(words: Int32Array, doubles: Float64Array, at: number, record: OutputLossRecord, workspace: number) {
    const word = at / 4
    const double = at / 8
    words[word] = workspace
    words[word + 1] = record.rows
    words[word + 2] = record.hidden
    words[word + 3] = record.vocabulary
    words[word + 4] = record.gradients ?? 0
    words[word + 5] = record.h
    words[word + 6] = record.weight
    words[word + 7] = record.bias ?? 0
    words[word + 8] = record.targets
    words[word + 9] = record.rowWeights ?? 0
    words[word + 10] = record.losses
    words[word + 11] = record.dH ?? 0
    words[word + 12] = record.dWeight ?? 0
    words[word + 13] = record.dBias ?? 0
    doubles[double + 7] = record.scale
    doubles[double + 8] = record.smoothing ?? 0
  },
  read(words: Int32Array, doubles: Float64Array, at: number) {
    const word = at / 4
    const double = at / 8
    return {
      rows: words[word + 1],
      hidden: words[word + 2],
      vocabulary: words[word + 3],
      gradients: words[word + 4],
      h: words[word + 5] >>> 0,
      weight: words[word + 6] >>> 0,
      bias: words[word + 7] >>> 0,
      targets: words[word + 8] >>> 0,
      rowWeights: words[word + 9] >>> 0,
      losses: words[word + 10] >>> 0,
      dH: words[word + 11] >>> 0,
      dWeight: words[word + 12] >>> 0,
      dBias: words[word + 13] >>> 0,
      scale: doubles[double + 7],
      smoothing: doubles[double + 8],
    }
  },
})

/**
 * R queries, each over the S steps of one of B sequences, as far as that one goes: e_s = q k_s (Luong et al. 2015),
 * or with `score` v, e_s = v tanh(q + k_s) (Bahdanau et al. 2015); a = softmax(e); context = sum_s a_s value_s.
 * Letters of the shapes: A width, H hidden.
 */
export interface AttentionForwardRecord {
  /** R */
  rows: number
  /** S */
  time: number
  /** B */
  batch: number
  /** A */
  width: number
  /** H */
  hidden: number
  /** [R, A] */
  queries: number
  /** [S, B, A] */
  keys: number
  /** [S, B, H]; may be keys */
  values: number
  /** v [A], or 0 */
  score?: number | undefined
  /** int32 [R]: 0 to B - 1 */
  sequences: number
  /** int32 [B]: 0 to S */
  lengths: number
  /** [R, S] out: a; 0 past the length */
  weights: number
  /** [R, H] out; zeros of a sequence without steps */
  contexts: number
}

export const attentionForward: KernelDefinition<AttentionForwardRecord> = Object.freeze({
  name: 'attentionForward',
  number: 7,
  bytes: 52,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: AttentionForwardRecord) {
    const word = at / 4
    words[word] = record.rows
    words[word + 1] = record.time
    words[word + 2] = record.batch
    words[word + 3] = record.width
    words[word + 4] = record.hidden
    words[word + 5] = record.queries
    words[word + 6] = record.keys
    words[word + 7] = record.values
    words[word + 8] = record.score ?? 0
    words[word + 9] = record.sequences
    words[word + 10] = record.lengths
    words[word + 11] = record.weights
    words[word + 12] = record.contexts
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      rows: words[word],
      time: words[word + 1],
      batch: words[word + 2],
      width: words[word + 3],
      hidden: words[word + 4],
      queries: words[word + 5] >>> 0,
      keys: words[word + 6] >>> 0,
      values: words[word + 7] >>> 0,
      score: words[word + 8] >>> 0,
      sequences: words[word + 9] >>> 0,
      lengths: words[word + 10] >>> 0,
      weights: words[word + 11] >>> 0,
      contexts: words[word + 12] >>> 0,
    }
  },
})

/** Every gradient is added to. A sequence's rows are taken in ascending order by one thread. */
export interface AttentionBackwardRecord {
  rows: number
  time: number
  batch: number
  width: number
  hidden: number
  /** this and what follows as forward had it, or left it */
  queries: number
  keys: number
  values: number
  /** or 0 */
  score?: number | undefined
  sequences: number
  lengths: number
  weights: number
  /** [R, H] */
  dContexts: number
  /** [R, A], or 0 */
  dQueries?: number | undefined
  /** [S, B, A], or 0 */
  dKeys?: number | undefined
  /** [S, B, H], or 0; may be d_keys */
  dValues?: number | undefined
  /** [B, A]: each sequence's part of it, or 0 */
  dScore?: number | undefined
}

export const attentionBackward: KernelDefinition<AttentionBackwardRecord> = Object.freeze({
  name: 'attentionBackward',
  number: 8,
  bytes: 68,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: AttentionBackwardRecord) {
    const word = at / 4
    words[word] = record.rows
    words[word + 1] = record.time
    words[word + 2] = record.batch
    words[word + 3] = record.width
    words[word + 4] = record.hidden
    words[word + 5] = record.queries
    words[word + 6] = record.keys
    words[word + 7] = record.values
    words[word + 8] = record.score ?? 0
    words[word + 9] = record.sequences
    words[word + 10] = record.lengths
    words[word + 11] = record.weights
    words[word + 12] = record.dContexts
    words[word + 13] = record.dQueries ?? 0
    words[word + 14] = record.dKeys ?? 0
    words[word + 15] = record.dValues ?? 0
    words[word + 16] = record.dScore ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      rows: words[word],
      time: words[word + 1],
      batch: words[word + 2],
      width: words[word + 3],
      hidden: words[word + 4],
      queries: words[word + 5] >>> 0,
      keys: words[word + 6] >>> 0,
      values: words[word + 7] >>> 0,
      score: words[word + 8] >>> 0,
      sequences: words[word + 9] >>> 0,
      lengths: words[word + 10] >>> 0,
      weights: words[word + 11] >>> 0,
      dContexts: words[word + 12] >>> 0,
      dQueries: words[word + 13] >>> 0,
      dKeys: words[word + 14] >>> 0,
      dValues: words[word + 15] >>> 0,
      dScore: words[word + 16] >>> 0,
    }
  },
})

/** y = operation(a, b), element by element; y may be a or b. */
export interface ElementwiseRecord {
  /** enum elementwise */
  operation: number
  count: number
  /** b has so many elements, used over and over, the same for each stretch of a; or 0: as many as a */
  period?: number | undefined
  /** [count] */
  a: number
  /** [count] or [period], or 0 where the operation has one operand */
  b?: number | undefined
  /** [count] */
  y: number
  /** 1, or 0 */
  accumulate?: number | undefined
  alpha: number
}

export const elementwise: KernelDefinition<ElementwiseRecord> = Object.freeze({
  name: 'elementwise',
  number: 9,
  bytes: 40,
  usesWorkspace: false,
  write(words: Int32Array, doubles: Float64Array, at: number, record: ElementwiseRecord) {
    const word = at / 4
    const double = at / 8
    words[word] = record.operation
    words[word + 1] = record.count
    words[word + 2] = record.period ?? 0
    words[word + 3] = record.a
    words[word + 4] = record.b ?? 0
    words[word + 5] = record.y
    words[word + 6] = record.accumulate ?? 0
    doubles[double + 4] = record.alpha
  },
  read(words: Int32Array, doubles: Float64Array, at: number) {
    const word = at / 4
    const double = at / 8
    return {
      operation: words[word],
      count: words[word + 1],
      period: words[word + 2],
      a: words[word + 3] >>> 0,
      b: words[word + 4] >>> 0,
      y: words[word + 5] >>> 0,
      accumulate: words[word + 6],
      alpha: doubles[double + 4],
    }
  },
})

/** y [rows, columns] = a + row, the same row for each; y may be a. */
export interface AddRowRecord {
  rows: number
  columns: number
  /** [rows, columns] */
  a: number
  /** [columns] */
  row: number
  /** [rows, columns] */
  y: number
}

export const addRow: KernelDefinition<AddRowRecord> = Object.freeze({
  name: 'addRow',
  number: 10,
  bytes: 20,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: AddRowRecord) {
    const word = at / 4
    words[word] = record.rows
    words[word + 1] = record.columns
    words[word + 2] = record.a
    words[word + 3] = record.row
    words[word + 4] = record.y
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      rows: words[word],
      columns: words[word + 1],
      a: words[word + 2] >>> 0,
      row: words[word + 3] >>> 0,
      y: words[word + 4] >>> 0,
    }
  },
})

/** y [columns] = sum over rows of a, in ascending order. */
export interface SumRowsRecord {
  rows: number
  columns: number
  /** elements from one row of a to the next */
  stride: number
  /** [rows, columns] */
  a: number
  /** [columns] */
  y: number
  /** 1, or 0 */
  accumulate?: number | undefined
}

export const sumRows: KernelDefinition<SumRowsRecord> = Object.freeze({
  name: 'sumRows',
  number: 11,
  bytes: 24,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: SumRowsRecord) {
    const word = at / 4
    words[word] = record.rows
    words[word + 1] = record.columns
    words[word + 2] = record.stride
    words[word + 3] = record.a
    words[word + 4] = record.y
    words[word + 5] = record.accumulate ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      rows: words[word],
      columns: words[word + 1],
      stride: words[word + 2],
      a: words[word + 3] >>> 0,
      y: words[word + 4] >>> 0,
      accumulate: words[word + 5],
    }
  },
})

/** y [columns, rows] = a [rows, columns] transposed. */
export interface TransposeRecord {
  rows: number
  columns: number
  a: number
  y: number
  /** 1, or 0 */
  accumulate?: number | undefined
}

export const transpose: KernelDefinition<TransposeRecord> = Object.freeze({
  name: 'transpose',
  number: 12,
  bytes: 20,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: TransposeRecord) {
    const word = at / 4
    words[word] = record.rows
    words[word + 1] = record.columns
    words[word + 2] = record.a
    words[word + 3] = record.y
    words[word + 4] = record.accumulate ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      rows: words[word],
      columns: words[word + 1],
      a: words[word + 2] >>> 0,
      y: words[word + 3] >>> 0,
      accumulate: words[word + 4],
    }
  },
})

/**
 * y [rows, columns] = a, each with its own distance from row to row: some columns of a wider matrix, to it or from
 * it.
 */
export interface CopyRowsRecord {
  rows: number
  columns: number
  aStride: number
  yStride: number
  a: number
  y: number
  /** 1, or 0 */
  accumulate?: number | undefined
}

export const copyRows: KernelDefinition<CopyRowsRecord> = Object.freeze({
  name: 'copyRows',
  number: 13,
  bytes: 28,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: CopyRowsRecord) {
    const word = at / 4
    words[word] = record.rows
    words[word + 1] = record.columns
    words[word + 2] = record.aStride
    words[word + 3] = record.yStride
    words[word + 4] = record.a
    words[word + 5] = record.y
    words[word + 6] = record.accumulate ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      rows: words[word],
      columns: words[word + 1],
      aStride: words[word + 2],
      yStride: words[word + 3],
      a: words[word + 4] >>> 0,
      y: words[word + 5] >>> 0,
      accumulate: words[word + 6],
    }
  },
})

/**
 * Layer normalisation (Ba et al. 2016) of each row: y = gain (x - mean) / sqrt(variance + epsilon) + shift, with
 * the variance over the columns, not over columns - 1. Sums are in float64.
 */
export interface LayerNormForwardRecord {
  rows: number
  columns: number
  /** [rows, columns] */
  x: number
  /** [columns] */
  gain: number
  /** [columns], or 0 */
  shift?: number | undefined
  /** [rows, columns] */
  y: number
  /** [rows, 2] out: mean and 1 / sqrt(variance + epsilon) of each row */
  statistics: number
  epsilon: number
}

export const layerNormForward: KernelDefinition<LayerNormForwardRecord> = Object.freeze({
  name: 'layerNormForward',
  number: 14,
  bytes: 40,
  usesWorkspace: false,
  write(words: Int32Array, doubles: Float64Array, at: number, record: LayerNormForwardRecord) {
    const word = at / 4
    const double = at / 8
    words[word] = record.rows
    words[word + 1] = record.columns
    words[word + 2] = record.x
    words[word + 3] = record.gain
    words[word + 4] = record.shift ?? 0
    words[word + 5] = record.y
    words[word + 6] = record.statistics
    doubles[double + 4] = record.epsilon
  },
  read(words: Int32Array, doubles: Float64Array, at: number) {
    const word = at / 4
    const double = at / 8
    return {
      rows: words[word],
      columns: words[word + 1],
      x: words[word + 2] >>> 0,
      gain: words[word + 3] >>> 0,
      shift: words[word + 4] >>> 0,
      y: words[word + 5] >>> 0,
      statistics: words[word + 6] >>> 0,
      epsilon: doubles[double + 4],
    }
  },
})

export interface LayerNormBackwardRecord {
  rows: number
  columns: number
  /** [rows, columns] as forward */
  x: number
  /** [columns] */
  gain: number
  /** [rows, 2] as forward left it */
  statistics: number
  /** [rows, columns] */
  dY: number
  /** [rows, columns], or 0 */
  dX?: number | undefined
  /** of d_x: 1, or 0 */
  accumulate?: number | undefined
  /** [columns] added to, or 0 */
  dGain?: number | undefined
  /** [columns] added to, or 0 */
  dShift?: number | undefined
}

export const layerNormBackward: KernelDefinition<LayerNormBackwardRecord> = Object.freeze({
  name: 'layerNormBackward',
  number: 15,
  bytes: 40,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: LayerNormBackwardRecord) {
    const word = at / 4
    words[word] = record.rows
    words[word + 1] = record.columns
    words[word + 2] = record.x
    words[word + 3] = record.gain
    words[word + 4] = record.statistics
    words[word + 5] = record.dY
    words[word + 6] = record.dX ?? 0
    words[word + 7] = record.accumulate ?? 0
    words[word + 8] = record.dGain ?? 0
    words[word + 9] = record.dShift ?? 0
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      rows: words[word],
      columns: words[word + 1],
      x: words[word + 2] >>> 0,
      gain: words[word + 3] >>> 0,
      statistics: words[word + 4] >>> 0,
      dY: words[word + 5] >>> 0,
      dX: words[word + 6] >>> 0,
      accumulate: words[word + 7],
      dGain: words[word + 8] >>> 0,
      dShift: words[word + 9] >>> 0,
    }
  },
})

/** y [1] = sum of a, or of its squares; in fixed blocks, block sums in float64. */
export interface SumRecord {
  count: number
  /** 1, or 0 */
  squares?: number | undefined
  /** [count] */
  a: number
  /** [1] */
  y: number
}

export const sum: KernelDefinition<SumRecord> = Object.freeze({
  name: 'sum',
  number: 16,
  bytes: 20,
  usesWorkspace: true,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: SumRecord, workspace: number) {
    const word = at / 4
    words[word] = workspace
    words[word + 1] = record.count
    words[word + 2] = record.squares ?? 0
    words[word + 3] = record.a
    words[word + 4] = record.y
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      count: words[word + 1],
      squares: words[word + 2],
      a: words[word + 3] >>> 0,
      y: words[word + 4] >>> 0,
    }
  },
})

/**
 * y_i = x_i / (1 - probability) where the draw for i is at least `probability`, else 0. The draw of element i is a
 * uniform 32-bit integer from Threefry-2x32-20 (Salmon et al. 2011) with key (seed, step) and counter (site,
 * element): counter j gives two words, for elements (j / 32) 64 + j % 32 and that + 32. Forward and backward are
 * the same call.
 */
export interface DropoutRecord {
  count: number
  /** [count] */
  x: number
  /** [count]; may be x */
  y: number
  /** 1, or 0 */
  accumulate?: number | undefined
  seed: number
  step: number
  site: number
  /** 0 to below 1 */
  probability: number
}

export const dropout: KernelDefinition<DropoutRecord> = Object.freeze({
  name: 'dropout',
  number: 17,
  bytes: 40,
  usesWorkspace: false,
  write(words: Int32Array, doubles: Float64Array, at: number, record: DropoutRecord) {
    const word = at / 4
    const double = at / 8
    words[word] = record.count
    words[word + 1] = record.x
    words[word + 2] = record.y
    words[word + 3] = record.accumulate ?? 0
    words[word + 4] = record.seed
    words[word + 5] = record.step
    words[word + 6] = record.site
    doubles[double + 4] = record.probability
  },
  read(words: Int32Array, doubles: Float64Array, at: number) {
    const word = at / 4
    const double = at / 8
    return {
      count: words[word],
      x: words[word + 1] >>> 0,
      y: words[word + 2] >>> 0,
      accumulate: words[word + 3],
      seed: words[word + 4] >>> 0,
      step: words[word + 5] >>> 0,
      site: words[word + 6] >>> 0,
      probability: doubles[double + 4],
    }
  },
})

/**
 * PyTorch's SGD: g = gradient_scale d_w + weight_decay w; v = momentum v + g; w -= learning_rate v (g without
 * momentum).
 */
export interface SgdRecord {
  count: number
  /** [count] changed */
  w: number
  /** [count] */
  dW: number
  /** [count] changed; or 0 without momentum */
  velocity?: number | undefined
  /** int32 [1]: 1 is written where a weight becomes NaN or infinite; or 0 */
  broken?: number | undefined
  /** 1: w -= learning_rate (g + momentum v), or 0 */
  nesterov?: number | undefined
  learningRate: number
  momentum: number
  weightDecay: number
  gradientScale: number
}

export const sgd: KernelDefinition<SgdRecord> = Object.freeze({
  name: 'sgd',
  number: 18,
  bytes: 56,
  usesWorkspace: false,
  write(words: Int32Array, doubles: Float64Array, at: number, record: SgdRecord) {
    const word = at / 4
    const double = at / 8
    words[word] = record.count
    words[word + 1] = record.w
    words[word + 2] = record.dW
    words[word + 3] = record.velocity ?? 0
    words[word + 4] = record.broken ?? 0
    words[word + 5] = record.nesterov ?? 0
    doubles[double + 3] = record.learningRate
    doubles[double + 4] = record.momentum
    doubles[double + 5] = record.weightDecay
    doubles[double + 6] = record.gradientScale
  },
  read(words: Int32Array, doubles: Float64Array, at: number) {
    const word = at / 4
    const double = at / 8
    return {
      count: words[word],
      w: words[word + 1] >>> 0,
      dW: words[word + 2] >>> 0,
      velocity: words[word + 3] >>> 0,
      broken: words[word + 4] >>> 0,
      nesterov: words[word + 5],
      learningRate: doubles[double + 3],
      momentum: doubles[double + 4],
      weightDecay: doubles[double + 5],
      gradientScale: doubles[double + 6],
    }
  },
})

/**
 * PyTorch's Adam and AdamW: m = b1 m + (1 - b1) g; s = b2 s + (1 - b2) g^2; w -= (learning_rate / correction1) m /
 * (sqrt(s) / sqrt(correction2) + epsilon), correction = 1 - beta^step.
 */
export interface AdamRecord {
  count: number
  /** [count] changed */
  w: number
  /** [count] */
  dW: number
  /** [count] m, changed */
  first: number
  /** [count] s, changed */
  second: number
  /** int32 [1], as of sgd; or 0 */
  broken?: number | undefined
  /** 1: AdamW, w *= 1 - learning_rate weight_decay first; 0: g = d_w + weight_decay w, or 0 */
  decoupled?: number | undefined
  learningRate: number
  beta1: number
  beta2: number
  epsilon: number
  weightDecay: number
  correction1: number
  correction2: number
  gradientScale: number
}

export const adam: KernelDefinition<AdamRecord> = Object.freeze({
  name: 'adam',
  number: 19,
  bytes: 96,
  usesWorkspace: false,
  write(words: Int32Array, doubles: Float64Array, at: number, record: AdamRecord) {
    const word = at / 4
    const double = at / 8
    words[word] = record.count
    words[word + 1] = record.w
    words[word + 2] = record.dW
    words[word + 3] = record.first
    words[word + 4] = record.second
    words[word + 5] = record.broken ?? 0
    words[word + 6] = record.decoupled ?? 0
    doubles[double + 4] = record.learningRate
    doubles[double + 5] = record.beta1
    doubles[double + 6] = record.beta2
    doubles[double + 7] = record.epsilon
    doubles[double + 8] = record.weightDecay
    doubles[double + 9] = record.correction1
    doubles[double + 10] = record.correction2
    doubles[double + 11] = record.gradientScale
  },
  read(words: Int32Array, doubles: Float64Array, at: number) {
    const word = at / 4
    const double = at / 8
    return {
      count: words[word],
      w: words[word + 1] >>> 0,
      dW: words[word + 2] >>> 0,
      first: words[word + 3] >>> 0,
      second: words[word + 4] >>> 0,
      broken: words[word + 5] >>> 0,
      decoupled: words[word + 6],
      learningRate: doubles[double + 4],
      beta1: doubles[double + 5],
      beta2: doubles[double + 6],
      epsilon: doubles[double + 7],
      weightDecay: doubles[double + 8],
      correction1: doubles[double + 9],
      correction2: doubles[double + 10],
      gradientScale: doubles[double + 11],
    }
  },
})

/**
 * PyTorch's RMSprop and Adagrad: g = gradient_scale d_w + weight_decay w; s = kept s + fresh g^2; d = g / (sqrt(s)
 * + epsilon); v = momentum v + d; w -= learning_rate v (d without momentum). RMSprop: kept = alpha, fresh = 1 -
 * alpha; Adagrad: both 1.
 */
export interface RmspropRecord {
  count: number
  /** [count] changed */
  w: number
  /** [count] */
  dW: number
  /** [count] s, changed */
  second: number
  /** [count] v, changed; or 0 without momentum */
  velocity?: number | undefined
  /** int32 [1], as of sgd; or 0 */
  broken?: number | undefined
  learningRate: number
  kept: number
  fresh: number
  epsilon: number
  momentum: number
  weightDecay: number
  gradientScale: number
}

export const rmsprop: KernelDefinition<RmspropRecord> = Object.freeze({
  name: 'rmsprop',
  number: 20,
  bytes: 80,
  usesWorkspace: false,
  write(words: Int32Array, doubles: Float64Array, at: number, record: RmspropRecord) {
    const word = at / 4
    const double = at / 8
    words[word] = record.count
    words[word + 1] = record.w
    words[word + 2] = record.dW
    words[word + 3] = record.second
    words[word + 4] = record.velocity ?? 0
    words[word + 5] = record.broken ?? 0
    doubles[double + 3] = record.learningRate
    doubles[double + 4] = record.kept
    doubles[double + 5] = record.fresh
    doubles[double + 6] = record.epsilon
    doubles[double + 7] = record.momentum
    doubles[double + 8] = record.weightDecay
    doubles[double + 9] = record.gradientScale
  },
  read(words: Int32Array, doubles: Float64Array, at: number) {
    const word = at / 4
    const double = at / 8
    return {
      count: words[word],
      w: words[word + 1] >>> 0,
      dW: words[word + 2] >>> 0,
      second: words[word + 3] >>> 0,
      velocity: words[word + 4] >>> 0,
      broken: words[word + 5] >>> 0,
      learningRate: doubles[double + 3],
      kept: doubles[double + 4],
      fresh: doubles[double + 5],
      epsilon: doubles[double + 6],
      momentum: doubles[double + 7],
      weightDecay: doubles[double + 8],
      gradientScale: doubles[double + 9],
    }
  },
})

/** Does nothing but multiply-adds on registers, on every thread: the ceiling that `bench` divides by. */
export interface CeilingRecord {
  iterations: number
  /** float64 [1] out: operations done by all threads */
  flops: number
}

export const ceiling: KernelDefinition<CeilingRecord> = Object.freeze({
  name: 'ceiling',
  number: 21,
  bytes: 8,
  usesWorkspace: false,
  write(words: Int32Array, _doubles: Float64Array, at: number, record: CeilingRecord) {
    const word = at / 4
    words[word] = record.iterations
    words[word + 1] = record.flops
  },
  read(words: Int32Array, _doubles: Float64Array, at: number) {
    const word = at / 4
    return {
      iterations: words[word],
      flops: words[word + 1] >>> 0,
    }
  },
})

/** Every kernel, by its number. */
export const kernels: readonly KernelDefinition<object>[] = Object.freeze([
  matmul,
  pack,
  recurrenceForward,
  recurrenceBackward,
  embeddingForward,
  embeddingBackward,
  outputLoss,
  attentionForward,
  attentionBackward,
  elementwise,
  addRow,
  sumRows,
  transpose,
  copyRows,
  layerNormForward,
  layerNormBackward,
  sum,
  dropout,
  sgd,
  adam,
  rmsprop,
  ceiling,
])
