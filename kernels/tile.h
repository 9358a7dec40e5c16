/* What products are made of: tiles of TILE_ROWS x PANEL accumulators in registers, the one hot loop of the house (BLIS: Van
 * Zee & van de Geijn 2015), and the forms that they read their operands in. */
#ifndef RECURRA_TILE_H
#define RECURRA_TILE_H

#include "simd.h"

#define RUN 64                        /* rows of a packed tile of A are kept in runs of this many terms */
#define COLUMN ((TILE_ROWS + LANES - 1) / LANES * LANES) /* its columns in whole vectors */

static inline int64_t round_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }
static inline int lesser(int64_t a, int64_t b) { return (int)(a < b ? a : b); }

/* A tile: to[r][0 … PANEL) = from[r] (or 0) + sum over k of a(r, k) panel(k), r below `rows`; or of a panel's first half.
 * Rows of the panel are `next` apart. a comes in one of three forms: `runs`, packed as [k / RUN][rows][RUN]; `columns`,
 * packed as [k][COLUMN]; `lines`, as it stands, its columns side by side and terms `a_next` apart: then it is packed into
 * columns on the way, since copying hides behind arithmetic, and waiting for memory too. Accumulators are named variables,
 * since gcc keeps an array of vectors in memory. */
enum form { RUNS, COLUMNS, LINES };
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

#define TILE_ARGUMENTS                                                                                                 \
  int k, const float *a, ptrdiff_t a_next, float *packed, const float *panel, ptrdiff_t next, const float *const *from, \
    float *const *to
#define TILE_VALUES k, a, a_next, packed, panel, next, from, to
#define DEFINE_TILES(M)                                                                                                \
  INLINE void runs_##M(const int whole, TILE_ARGUMENTS) {                                                              \
    (void)a_next, (void)packed;                                                                                        \
    ROWS_##M(OPEN) ROWS_##M(CLEAR) if (from) { ROWS_##M(TAKE) }                                                        \
    for (const float *run = a; k > 0; k -= RUN, run += M * RUN) {                                                      \
      const float *end = run + (k < RUN ? k : RUN);                                                                    \
      UNROLL for (a = run; a < end; a++, panel += next) {                                                              \
        vec p = v_load(panel), q = v_load(panel + LANES);                                                              \
        ROWS_##M(STEP_RUN)                                                                                             \
      }                                                                                                                \
    }                                                                                                                  \
    ROWS_##M(GIVE)                                                                                                     \
  }                                                                                                                    \
  INLINE void columns_##M(const int whole, const int lines, TILE_ARGUMENTS) {                                          \
    ROWS_##M(OPEN) ROWS_##M(CLEAR) if (from) { ROWS_##M(TAKE) }                                                        \
    UNROLL for (; k > 0; k--, a += lines ? a_next : COLUMN, packed += COLUMN, panel += next) {                         \
      vec p = v_load(panel), q = v_load(panel + LANES);                                                                \
      if (lines) __builtin_memcpy(packed, a, M * sizeof(float));                                                       \
      ROWS_##M(STEP_COLUMN)                                                                                            \
    }                                                                                                                  \
    ROWS_##M(GIVE)                                                                                                     \
  }                                                                                                                    \
  static void tile_runs_##M(TILE_ARGUMENTS) { runs_##M(1, TILE_VALUES); }                                              \
  static void half_runs_##M(TILE_ARGUMENTS) { runs_##M(0, TILE_VALUES); }                                              \
  static void tile_columns_##M(TILE_ARGUMENTS) { columns_##M(1, 0, TILE_VALUES); }                                     \
  static void half_columns_##M(TILE_ARGUMENTS) { columns_##M(0, 0, TILE_VALUES); }                                     \
  static void tile_lines_##M(TILE_ARGUMENTS) { columns_##M(1, 1, TILE_VALUES); }                                       \
  static void half_lines_##M(TILE_ARGUMENTS) { columns_##M(0, 1, TILE_VALUES); }

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

typedef void tile_function(TILE_ARGUMENTS);
#define ALL(M) {{tile_runs_##M, half_runs_##M}, {tile_columns_##M, half_columns_##M}, {tile_lines_##M, half_lines_##M}}
static tile_function *const tiles[TILE_ROWS + 1][3][2] = {
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
static inline void tile(enum form form, int rows, int width, TILE_ARGUMENTS) {
  tile_function *of_width = tiles[rows][form][width <= LANES];
  if (width == PANEL || width == LANES) {
    of_width(TILE_VALUES);
    return;
  }
  float copy[TILE_ROWS][PANEL];
  float *copies[TILE_ROWS] = {0};
  for (int r = 0; r < rows; r++) {
    copies[r] = copy[r];
    if (from) __builtin_memcpy(copy[r], from[r], (size_t)width * 4);
    for (int i = from ? width : 0; i < PANEL; i++) copy[r][i] = 0;
  }
  of_width(k, a, a_next, packed, panel, next, (const float *const *)copies, copies);
  for (int r = 0; r < rows; r++) __builtin_memcpy(to[r], copy[r], (size_t)width * 4);
}

/* One row against WIDE whole packed panels at once, `next` apart: a single row has too few accumulators to hide how long an
 * addition takes. */
#define WIDE 4
static void tile_wide(int k, const float *a, const float *panel, ptrdiff_t next, const float *from, float *to) {
  vec s0, s1, s2, s3, t0, t1, t2, t3;
  if (from) {
    s0 = v_load(from), t0 = v_load(from + LANES), s1 = v_load(from + PANEL), t1 = v_load(from + PANEL + LANES);
    s2 = v_load(from + 2 * PANEL), t2 = v_load(from + 2 * PANEL + LANES);
    s3 = v_load(from + 3 * PANEL), t3 = v_load(from + 3 * PANEL + LANES);
  } else s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = v_splat(0.0f);
  for (; k > 0; k--, a++, panel += PANEL) {
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

/* sums[i] += the terms of column i, `row` apart; or with `fresh` = them. */
static void add_terms(const float *a, ptrdiff_t row, int columns, int terms, float *sums, int fresh) {
  float sum[TILE_ROWS * MOST_TILES];
  for (int i = 0; i < columns; i++) sum[i] = fresh ? 0 : sums[i];
  for (; terms > 0; terms--, a += row)
    for (int i = 0; i < columns; i++) sum[i] += a[i];
  __builtin_memcpy(sums, sum, (size_t)columns * 4);
}

/* The right side of a product: element (i, j) stands at at[i * row + j * column]; one of the two is 1. It may also be packed
 * already: then column is 0, and row says how many terms a panel has. */
struct matrix {
  const float *at;
  ptrdiff_t row, column;
};
static inline struct matrix part(struct matrix b, ptrdiff_t i, ptrdiff_t j) {
  return (struct matrix){b.at + i * b.row + j * b.column, b.row, b.column};
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

#endif
