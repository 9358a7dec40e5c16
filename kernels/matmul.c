/* The matrix product: packed, blocked for the caches, tiles of TILE_ROWS x PANEL accumulators in registers. The one hot
 * loop of the house (BLIS: Van Zee & van de Geijn 2015).
 *
 * Every element is one chain of multiply-adds in ascending k. A chain may pause in y between blocks of k, which costs no
 * bit; it never splits. So tiles, edges and threads may be cut anyhow. */
#include "context.h"
#include "simd.h"

#define BLOCK_K 512                   /* terms of a sum per block: y is read and written once for so many */
#define BLOCK_K_COLUMNS (PANEL > 8 ? 256 : 512) /* a panel that stays in the first cache leaves room for tiles that pass */
#define BLOCK_N 1024                  /* columns per block: what all threads share of B then stays in the last cache */
#define BLOCK_TILES 8                 /* tiles of A packed at once by a thread */
#define BLOCK_M (TILE_ROWS * BLOCK_TILES)
#define RUN 64                        /* rows of a packed tile of A are kept in runs of this many terms */
#define COLUMN ((TILE_ROWS + LANES - 1) / LANES * LANES) /* its columns in whole vectors */
#define COLUMNS_AT_ONCE 8             /* columns that stay in the first cache while all tiles take their part */

static inline int64_t round_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }
static inline int lesser(int64_t a, int64_t b) { return (int)(a < b ? a : b); }

/* A matrix anywhere: element (i, j) stands at at[i * row + j * column]; one of the two is 1. As the right side of a
 * product it may also be packed already: then column is 0, and row says how many terms a panel has. */
struct matrix {
  const float *at;
  ptrdiff_t row, column;
};

/* A tile: to[r][0 … PANEL) = from[r] (or 0) + sum over k of a(r, k) panel(k), r below `rows`; or of a panel's first half.
 * a is packed in one of two ways: `runs`, [k / RUN][rows][RUN]; `columns`, [k][COLUMN]. Accumulators are named variables,
 * since gcc keeps an array of vectors in memory. */
#define ROWS_1(X) X(0)
#define ROWS_2(X) ROWS_1(X) X(1)
#define ROWS_3(X) ROWS_2(X) X(2)
#define ROWS_4(X) ROWS_3(X) X(3)
#define ROWS_5(X) ROWS_4(X) X(4)
#define ROWS_6(X) ROWS_5(X) X(5)
#define ROWS_7(X) ROWS_6(X) X(6)
#define ROWS_8(X) ROWS_7(X) X(7)
#define ROWS_9(X) ROWS_8(X) X(8)
#define ROWS_10(X) ROWS_9(X) X(9)
#define ROWS_11(X) ROWS_10(X) X(10)
#define ROWS_12(X) ROWS_11(X) X(11)
#define ROWS_13(X) ROWS_12(X) X(12)

#define OPEN(r) vec s##r, t##r;
#define CLEAR(r) s##r = t##r = v_splat(0.0f);
#define TAKE(r) s##r = v_load(from[r]); if (whole) t##r = v_load(from[r] + LANES);
#define STEP(r, at) { vec x = v_splat(a[at]); s##r = v_fma(x, p, s##r); if (whole) t##r = v_fma(x, q, t##r); }
#define STEP_RUN(r) STEP(r, r * RUN)
#define STEP_COLUMN(r) STEP(r, r)
#define GIVE(r) v_store(to[r], s##r); if (whole) v_store(to[r] + LANES, t##r);

#define TILE_ARGUMENTS int k, const float *a, const float *panel, const float *const *from, float *const *to
#define DEFINE_TILES(M)                                                                    \
  INLINE void runs_##M(const int whole, TILE_ARGUMENTS) {                                  \
    ROWS_##M(OPEN) ROWS_##M(CLEAR) if (from) { ROWS_##M(TAKE) }                            \
    for (const float *run = a; k > 0; k -= RUN, run += M * RUN) {                          \
      const float *end = run + (k < RUN ? k : RUN);                                        \
      UNROLL for (a = run; a < end; a++, panel += PANEL) {                                 \
        vec p = v_load(panel), q = v_load(panel + LANES);                                  \
        ROWS_##M(STEP_RUN)                                                                 \
      }                                                                                    \
    }                                                                                      \
    ROWS_##M(GIVE)                                                                         \
  }                                                                                        \
  INLINE void columns_##M(const int whole, TILE_ARGUMENTS) {                               \
    ROWS_##M(OPEN) ROWS_##M(CLEAR) if (from) { ROWS_##M(TAKE) }                            \
    UNROLL for (; k > 0; k--, a += COLUMN, panel += PANEL) {                               \
      vec p = v_load(panel), q = v_load(panel + LANES);                                    \
      ROWS_##M(STEP_COLUMN)                                                                \
    }                                                                                      \
    ROWS_##M(GIVE)                                                                         \
  }                                                                                        \
  static void tile_runs_##M(TILE_ARGUMENTS) { runs_##M(1, k, a, panel, from, to); }        \
  static void half_runs_##M(TILE_ARGUMENTS) { runs_##M(0, k, a, panel, from, to); }        \
  static void tile_columns_##M(TILE_ARGUMENTS) { columns_##M(1, k, a, panel, from, to); }  \
  static void half_columns_##M(TILE_ARGUMENTS) { columns_##M(0, k, a, panel, from, to); }

DEFINE_TILES(1) DEFINE_TILES(2) DEFINE_TILES(3) DEFINE_TILES(4)
#if TILE_ROWS > 4
DEFINE_TILES(5) DEFINE_TILES(6)
#endif
#if TILE_ROWS > 6
DEFINE_TILES(7) DEFINE_TILES(8) DEFINE_TILES(9) DEFINE_TILES(10) DEFINE_TILES(11) DEFINE_TILES(12)
#endif
#if TILE_ROWS > 12
DEFINE_TILES(13)
#endif

/* How A is packed. */
enum packing { RUNS, COLUMNS };

typedef void tile_function(TILE_ARGUMENTS);
#define ALL(M) {{tile_runs_##M, half_runs_##M}, {tile_columns_##M, half_columns_##M}}
static tile_function *const tiles[TILE_ROWS + 1][2][2] = {
  {{0}}, ALL(1), ALL(2), ALL(3), ALL(4),
#if TILE_ROWS > 4
  ALL(5), ALL(6),
#endif
#if TILE_ROWS > 6
  ALL(7), ALL(8), ALL(9), ALL(10), ALL(11), ALL(12),
#endif
#if TILE_ROWS > 12
  ALL(13),
#endif
};

/* One tile against one panel of which `width` columns are real; where they are neither all nor half, through a copy. */
static inline void tile(enum packing packing, int rows, int k, const float *a, const float *panel, int width,
                        const float *const *from, float *const *to) {
  tile_function *of_width = tiles[rows][packing][width <= LANES];
  if (width == PANEL || width == LANES) {
    of_width(k, a, panel, from, to);
    return;
  }
  float copy[TILE_ROWS][PANEL];
  float *copies[TILE_ROWS] = {0};
  for (int r = 0; r < rows; r++) {
    copies[r] = copy[r];
    if (from) __builtin_memcpy(copy[r], from[r], (size_t)width * 4);
    for (int i = from ? width : 0; i < PANEL; i++) copy[r][i] = 0;
  }
  of_width(k, a, panel, (const float *const *)copies, copies);
  for (int r = 0; r < rows; r++) __builtin_memcpy(to[r], copy[r], (size_t)width * 4);
}

/* One row, its terms `step` apart, against WIDE whole panels at once: a single row has too few accumulators to hide how
 * long an addition takes. */
#define WIDE 4
static void tile_wide(int k, const float *a, int step, const float *panel, ptrdiff_t next, const float *from, float *to) {
  vec s0, s1, s2, s3, t0, t1, t2, t3;
  if (from) {
    s0 = v_load(from), t0 = v_load(from + LANES), s1 = v_load(from + PANEL), t1 = v_load(from + PANEL + LANES);
    s2 = v_load(from + 2 * PANEL), t2 = v_load(from + 2 * PANEL + LANES);
    s3 = v_load(from + 3 * PANEL), t3 = v_load(from + 3 * PANEL + LANES);
  } else s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = v_splat(0.0f);
  for (; k > 0; k--, a += step, panel += PANEL) {
    vec x = v_splat(*a);
    s0 = v_fma(x, v_load(panel), s0), t0 = v_fma(x, v_load(panel + LANES), t0);
    s1 = v_fma(x, v_load(panel + next), s1), t1 = v_fma(x, v_load(panel + next + LANES), t1);
    s2 = v_fma(x, v_load(panel + 2 * next), s2), t2 = v_fma(x, v_load(panel + 2 * next + LANES), t2);
    s3 = v_fma(x, v_load(panel + 3 * next), s3), t3 = v_fma(x, v_load(panel + 3 * next + LANES), t3);
  }
  v_store(to, s0), v_store(to + LANES, t0), v_store(to + PANEL, s1), v_store(to + PANEL + LANES, t1);
  v_store(to + 2 * PANEL, s2), v_store(to + 2 * PANEL + LANES, t2);
  v_store(to + 3 * PANEL, s3), v_store(to + 3 * PANEL + LANES, t3);
}

/* Rows cut into equal tiles: 25 rows as 5 x 5, not 6, 6, 6, 6, 1. Tile i begins at row start[i]. */
#define MOST_TILES 16
struct tiling {
  int count, start[MOST_TILES + 1];
};
static inline struct tiling cut(int rows) {
  struct tiling t = {(rows + TILE_ROWS - 1) / TILE_ROWS, {0}};
  for (int i = 1; i <= t.count; i++) t.start[i] = rows * i / t.count;
  return t;
}
static inline int tile_size(const struct tiling *t, int i) { return t->start[i + 1] - t->start[i]; }

/* Copies at most a run; a whole one without a call. */
static inline void copy_run(float *to, const float *from, int terms) {
  if (terms == RUN)
    for (int i = 0; i < RUN; i += LANES) v_store(to + i, v_load(from + i));
  else __builtin_memcpy(to, from, (size_t)terms * 4);
}

/* Packs rows of terms, one pointer a row, into runs; returns the end. */
static float *pack_runs(int rows, int k, const float *const *row, float *packed) {
  for (int at = 0; at < k; at += RUN)
    for (int r = 0; r < rows; r++, packed += RUN) copy_run(packed, row[r] + at, lesser(k - at, RUN));
  return packed;
}
static inline int64_t runs_floats(int rows, int k) { return round_up(k, RUN) * rows; }

/* Packs terms of rows that stand side by side, as [k][COLUMN] a tile. A few terms at a time are read once, for all tiles.
 * Whole vectors are copied, past a tile's rows too, where nobody looks; not where that would read past the last row. The
 * terms are added to `sums` of the rows, if there are any, or with `fresh` written: whoever reads them may as well. */
static void pack_columns(struct matrix a, const struct tiling *tiles, int terms, float *const *tile_at, float *sums, int fresh) {
  float sum[MOST_TILES][COLUMN] = {{0}};
  for (int i = 0; sums && !fresh && i < tiles->count; i++)
    __builtin_memcpy(sum[i], sums + tiles->start[i], (size_t)tile_size(tiles, i) * 4);
  for (int j = 0; j < terms; j += COLUMNS_AT_ONCE) {
    int count = lesser(terms - j, COLUMNS_AT_ONCE), whole = a.column < LANES ? 0 : j + count < terms ? count : count - 1;
    for (int i = 0; i < tiles->count; i++) {
      const float *from = a.at + j * a.column + tiles->start[i];
      float *to = tile_at[i] + (ptrdiff_t)j * COLUMN;
      int size = tile_size(tiles, i), term = 0;
      if (COLUMN == LANES && whole == COLUMNS_AT_ONCE) {
        vec all = v_load(sum[i]);
        for (; term < COLUMNS_AT_ONCE; term++, from += a.column, to += COLUMN) {
          vec x = v_load(from);
          v_store(to, x);
          all = all + x;
        }
        v_store(sum[i], all);
      }
      for (; term < whole; term++, from += a.column, to += COLUMN)
        for (int r = 0; r < size; r += LANES) {
          vec x = v_load(from + r);
          v_store(to + r, x);
          v_store(sum[i] + r, v_load(sum[i] + r) + x);
        }
      for (; term < count; term++, from += a.column, to += COLUMN)
        for (int r = 0; r < size; r++) {
          to[r] = from[r];
          sum[i][r] += from[r];
        }
    }
  }
  for (int i = 0; sums && i < tiles->count; i++)
    __builtin_memcpy(sums + tiles->start[i], sum[i], (size_t)tile_size(tiles, i) * 4);
}

/* The same sums where the terms of a row stand side by side. */
static void add_terms(struct matrix a, int rows, int terms, float *sums, int fresh) {
  for (int i = 0; i < rows; i++) {
    float sum = fresh ? 0 : sums[i];
    for (int j = 0; j < terms; j++) sum += a.at[i * a.row + j];
    sums[i] = sum;
  }
}

/* One panel of B: its first k terms of `width` columns, the missing ones 0. */
static void pack_panel(struct matrix b, int k, int width, float *packed) {
  if (b.column == 1) {
    for (int i = 0; i < k; i++, packed += PANEL) {
      const float *row = b.at + i * b.row;
      if (width == PANEL) {
        v_store(packed, v_load(row));
        v_store(packed + LANES, v_load(row + LANES));
      } else
        for (int j = 0; j < PANEL; j++) packed[j] = j < width ? row[j] : 0;
    }
    return;
  }
  for (int j0 = 0; j0 < PANEL; j0 += LANES) {
    int i = 0;
    for (; i + LANES <= k; i += LANES) {
      vec block[LANES];
      for (int j = 0; j < LANES; j++)
        block[j] = j0 + j < width ? v_load(b.at + (j0 + j) * b.column + i) : v_splat(0.0f);
      v_transpose(block);
      for (int r = 0; r < LANES; r++) v_store(packed + (ptrdiff_t)(i + r) * PANEL + j0, block[r]);
    }
    for (; i < k; i++)
      for (int j = j0; j < j0 + LANES; j++) packed[(ptrdiff_t)i * PANEL + j] = j < width ? b.at[j * b.column + i] : 0;
  }
}

static inline struct matrix part(struct matrix a, ptrdiff_t i, ptrdiff_t j) {
  struct matrix b = {a.at + i * a.row + j * a.column, a.row, a.column};
  return b;
}

/* What of A is packed next, in stretches of so many lines. It is asked for a few lines at a time while tiles are at work,
 * so that packing does not wait for memory. */
struct ahead {
  const float *stretch;
  ptrdiff_t stride;
  int stretches, lines, line;
};
static inline struct ahead block_ahead(struct matrix block, enum packing packing, int rows, int terms) {
  int runs = packing == RUNS, length = runs ? terms : rows;
  struct ahead ahead = {block.at, runs ? block.row : block.column, runs ? rows : terms, (length + LINE - 1) / LINE, 0};
  return ahead;
}
static inline void ask(struct ahead *ahead, int lines) {
  for (; lines > 0 && ahead->stretches > 0; lines--) {
    fetch_line(ahead->stretch + ahead->line * LINE);
    if (++ahead->line < ahead->lines) continue;
    ahead->line = 0, ahead->stretches--, ahead->stretch += ahead->stride;
  }
}

/* Workspace of a product in bytes: a block of B for all, one of A for each thread. Where B takes several blocks there are
 * two, so that whoever has done with one may pack the next while others are at work. */
static int64_t b_block_bytes(int n, int terms) { return round_up(round_up(lesser(n, BLOCK_N), PANEL) * terms * 4, 64); }
static int64_t product_workspace(int n, int k, int threads) {
  int64_t terms = lesser(k, BLOCK_K), a = round_up(terms, RUN) * BLOCK_TILES * COLUMN * 4;
  return b_block_bytes(n, (int)terms) * (k > BLOCK_K_COLUMNS || n > BLOCK_N ? 2 : 1) + a * threads + 64;
}

/* The sums of a's rows over k, if they are wanted, and whether they are added to what is there. */
struct sums {
  float *of_rows;
  int add;
};

/* y (m x n, row stride y_row) = (accumulate ? y : bias or 0) + a b. Every thread of the context calls it with the same
 * arguments; it returns when all are done. */
static void product(const struct context *context, int m, int n, int k, struct matrix a, struct matrix b, float *y,
                    ptrdiff_t y_row, const float *bias, int accumulate, struct sums sums, char *workspace) {
  enum packing packing = a.column == 1 ? RUNS : COLUMNS; /* one of the strides is 1 */
  int block_k = packing == RUNS ? BLOCK_K : BLOCK_K_COLUMNS, terms_most = lesser(k, block_k);
  int places = k > block_k || n > BLOCK_N ? 2 : 1, turn = 0;
  int64_t b_bytes = b_block_bytes(n, terms_most);
  float *a_block = (float *)(workspace + b_bytes * places) + round_up(terms_most, RUN) * BLOCK_TILES * COLUMN * context->thread;
  int packed = b.column == 0;
  int by_rows = m >= context->threads * TILE_ROWS || m >= n;
  struct range own = by_rows ? share(m, 1, context->thread, context->threads) : (struct range){0, m};
  for (int n0 = 0; n0 < n || n0 == 0; n0 += BLOCK_N) {
    if (n0 > 0 && !by_rows && !packed) context_barrier(context); /* a panel's place in the workspace passes to another thread */
    int columns = lesser(n - n0, BLOCK_N), panels = (columns + PANEL - 1) / PANEL;
    struct range mine = by_rows ? (struct range){0, panels} : share(panels, 1, context->thread, context->threads);
    for (int k0 = 0; k0 < k || k0 == 0; k0 += block_k, turn++) {
      int terms = lesser(k - k0, block_k), first = k0 == 0 && !accumulate;
      float *b_block = (float *)(workspace + b_bytes * (turn % places));
      struct range packs = share(packed ? 0 : panels, 1, context->thread, context->threads);
      for (int p = packs.from; p < packs.to; p++)
        pack_panel(part(b, k0, n0 + p * PANEL), terms, lesser(columns - p * PANEL, PANEL),
                   b_block + (ptrdiff_t)p * PANEL * terms_most);
      /* B is packed, and y holds the terms before, whoever added them. */
      if (by_rows && (!packed || turn > 0)) context_barrier(context);
      struct deal deal = by_rows ? context_deal(context, m, BLOCK_M) : deal_out(0, 0, 1, m, BLOCK_M);
      for (struct range rows = deal_next(&deal); rows.from < rows.to; rows = deal_next(&deal)) {
        int m0 = rows.from, height = rows.to - m0;
        struct tiling tiling = cut(height);
        float *tile_at[MOST_TILES + 1];
        tile_at[0] = a_block;
        for (int i = 0; i < tiling.count; i++) {
          int size = tile_size(&tiling, i);
          tile_at[i + 1] = tile_at[i] + (packing == RUNS ? runs_floats(size, terms) : (int64_t)terms * COLUMN);
        }
        if (packing == COLUMNS && !ASKS_AHEAD) {
          struct ahead now = block_ahead(part(a, m0, k0), packing, height, terms);
          ask(&now, now.stretches * now.lines);
        }
        float *of_rows = sums.of_rows && n0 == 0 && (by_rows || context->thread == 0) ? sums.of_rows + m0 : 0;
        int fresh = k0 == 0 && !sums.add;
        if (packing == COLUMNS) pack_columns(part(a, m0, k0), &tiling, terms, tile_at, of_rows, fresh);
        else if (of_rows) add_terms(part(a, m0, k0), height, terms, of_rows, fresh);
        for (int i = 0; packing == RUNS && i < tiling.count; i++) {
          int size = tile_size(&tiling, i);
          struct matrix block = part(a, m0 + tiling.start[i], k0);
          const float *row[TILE_ROWS];
          for (int r = 0; r < size; r++) row[r] = block.at + r * block.row;
          pack_runs(size, terms, row, tile_at[i]);
        }
        int count = tiling.count * (mine.to - mine.from), last = rows.to == own.to || rows.to == m;
        int next_m = last ? own.from : rows.to, next_k = last ? k0 + block_k : k0; /* most often */
        int next_rows = lesser((last ? own.to : m) - next_m, BLOCK_M), next_terms = lesser(k - next_k, block_k);
        struct ahead ahead = block_ahead(part(a, next_m, next_k), packing, next_rows, next_terms);
        int asked = ASKS_AHEAD && count > 0 ? (ahead.stretches * ahead.lines + count - 1) / count : 0; /* with each tile */
        /* Tiles kept in runs stay in the first cache while the panels pass; others pass while a panel stays. */
        int tile_stays = packing == RUNS || tiling.count == 1;
        for (int i = 0, p = mine.from; i < tiling.count && p < mine.to;) {
          int size = tile_size(&tiling, i), column = n0 + p * PANEL, width = lesser(columns - p * PANEL, PANEL), done = 1;
          const float *panel = packed ? b.at + (ptrdiff_t)column * b.row + (ptrdiff_t)k0 * PANEL
                                      : b_block + (ptrdiff_t)p * PANEL * terms_most;
          float *to[TILE_ROWS];
          const float *start[TILE_ROWS];
          ask(&ahead, asked);
          if (size == 1 && tiling.count == 1 && p + WIDE <= mine.to && columns - p * PANEL >= WIDE * PANEL) {
            float *row = y + m0 * y_row + column;
            ptrdiff_t next = (packed ? (ptrdiff_t)b.row : (ptrdiff_t)terms_most) * PANEL;
            tile_wide(terms, tile_at[0], packing == RUNS ? 1 : COLUMN, panel, next, !first ? row : bias ? bias + column : 0,
                      row);
            done = WIDE;
          } else {
            for (int r = 0; r < size; r++) {
              to[r] = y + (m0 + tiling.start[i] + r) * y_row + column;
              start[r] = first ? bias + column : to[r];
              touch(to[r] + (tile_stays ? PANEL : size * y_row), PANEL); /* for the next tile */
            }
            tile(packing, size, terms, tile_at[i], panel, width, first && !bias ? 0 : start, to);
          }
          if (tile_stays) {
            if ((p += done) >= mine.to) p = mine.from, i++;
          } else if (++i == tiling.count) i = 0, p++;
        }
      }
    }
  }
  context_barrier(context);
}

static int64_t matmul_workspace(const void *record, int threads) {
  const struct matmul_record *r = record;
  return product_workspace(r->n, r->k, threads);
}

static void matmul(const struct context *context, const void *record) {
  const struct matmul_record *r = record;
  struct matrix a = {at(context, r->a), r->transpose_a ? 1 : r->a_stride, r->transpose_a ? r->a_stride : 1};
  struct matrix b = {at(context, r->b), r->transpose_b ? 1 : r->b_stride, r->transpose_b ? r->b_stride : 1};
  if (r->packed_b) b.row = r->k, b.column = 0;
  product(context, r->m, r->n, r->k, a, b, at(context, r->y), r->y_stride, r->bias ? at(context, r->bias) : 0,
          r->accumulate, (struct sums){r->sums ? at(context, r->sums) : 0, r->add_sums}, at(context, r->workspace));
}

static void pack(const struct context *context, const void *record) {
  const struct pack_record *r = record;
  struct matrix b = {at(context, r->w), r->transpose ? 1 : r->n, r->transpose ? r->k : 1};
  float *packed = at(context, r->packed);
  int panels = (r->n + PANEL - 1) / PANEL;
  struct range mine = share(panels, 1, context->thread, context->threads);
  for (int p = mine.from; p < mine.to; p++)
    pack_panel(part(b, 0, p * PANEL), r->k, lesser(r->n - p * PANEL, PANEL), packed + (ptrdiff_t)p * PANEL * r->k);
}
