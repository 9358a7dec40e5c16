/* What products are made of: tiles of TILE_ROWS x PANEL accumulators in registers, the one hot loop of the house (BLIS: Van
 * Zee & van de Geijn 2015), and the forms that they read their operands in. */
#ifndef RECURRA_TILE_H
#define RECURRA_TILE_H

#include "simd.h"

#define COLUMN ((TILE_ROWS + LANES - 1) / LANES * LANES) /* a packed column of A, in whole vectors */

/* Not 0: rows are packed in runs of so many terms, tile by tile, as [k / RUN][rows][RUN], so that they stand at distances
 * known to the compiler: in wasm an address is one variable and a constant, and a loop that is unrolled runs out of
 * registers. */
#if defined(__wasm__)
#define RUN 64
#else
#define RUN 0
#endif

/* Where a panel is but half a line, transposed products have B packed, as each of its lines would come twice. */
#define PACKS_B (PANEL < LINE)

static inline int64_t round_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }
static inline int lesser(int64_t a, int64_t b) { return (int)(a < b ? a : b); }

/* A tile: to[r][0 … PANEL) = from[r] (or 0) + sum over k of a(r, k) panel(k), r below `rows`; or of a panel's first half.
 * a comes in one of three forms: `rows`, as in_line gives them, `a_next` apart, against a packed panel; `columns`, packed as
 * [k][COLUMN], rows of the panel `next` apart if not PACKS_B; `lines`, as rows transposed, `a_next` apart: then it is packed
 * into columns on the way, since copying hides behind arithmetic, and waiting for memory too. Accumulators are named
 * variables, since gcc keeps an array of vectors in memory. */
enum form { ROWS, COLUMNS, LINES };
#define UP_TO_1(X) X(0)
#define UP_TO_2(X) UP_TO_1(X) X(1)
#define UP_TO_3(X) UP_TO_2(X) X(2)
#define UP_TO_4(X) UP_TO_3(X) X(3)
#define UP_TO_5(X) UP_TO_4(X) X(4)
#define UP_TO_6(X) UP_TO_5(X) X(5)
#define UP_TO_7(X) UP_TO_6(X) X(6)
#define UP_TO_8(X) UP_TO_7(X) X(7)
#define UP_TO_9(X) UP_TO_8(X) X(8)
#define UP_TO_10(X) UP_TO_9(X) X(9)
#define UP_TO_11(X) UP_TO_10(X) X(10)
#define UP_TO_12(X) UP_TO_11(X) X(11)
#define UP_TO_13(X) UP_TO_12(X) X(12)

#define OPEN(r) vec s##r, t##r;
#define CLEAR(r) s##r = t##r = v_splat(0.0f);
#define TAKE(r) s##r = v_load(from[r]); if (whole) t##r = v_load(from[r] + LANES);
#define STEP(r, x) { vec splat = v_splat(x); s##r = v_fma(splat, p, s##r); if (whole) t##r = v_fma(splat, q, t##r); }
#define STEP_COLUMN(r) STEP(r, a[r])
#if RUN
#define STEP_ROW(r) STEP(r, run[r * RUN])
#define TERMS_OF_ROWS(M)                                                                                               \
  for (; k > 0; k -= RUN, a += M * RUN)                                                                                \
    for (const float *run = a, *end = run + (k < RUN ? k : RUN); run < end; run++, panel += PANEL)
#else
/* Row r begins at one of four pointers and none to three strides: few registers, and no addition for each row. */
#define STEP_ROW(r) STEP(r, quarter[r / 4][r % 4 * a_next])
#define TERMS_OF_ROWS(M)                                                                                               \
  const float *quarter[4] = {a, a + 4 * a_next, a + 8 * a_next, a + 12 * a_next};                                      \
  UNROLL for (; k > 0; k--, quarter[0]++, quarter[1]++, quarter[2]++, quarter[3]++, panel += PANEL)
#endif
#define GIVE(r) v_store(to[r], s##r); if (whole) v_store(to[r] + LANES, t##r);

#define TILE_ARGUMENTS                                                                                                 \
  int k, const float *a, ptrdiff_t a_next, float *packed, const float *panel, ptrdiff_t next, const float *const *from,\
    float *const *to
#define TILE_VALUES k, a, a_next, packed, panel, next, from, to
#define DEFINE_TILES(M)                                                                                                \
  INLINE void rows_##M(const int whole, TILE_ARGUMENTS) {                                                              \
    (void)a_next, (void)packed, (void)next;                                                                            \
    UP_TO_##M(OPEN) UP_TO_##M(CLEAR) if (from) { UP_TO_##M(TAKE) }                                                     \
    TERMS_OF_ROWS(M) {                                                                                                 \
      vec p = v_load(panel), q = v_load(panel + LANES);                                                                \
      UP_TO_##M(STEP_ROW)                                                                                              \
    }                                                                                                                  \
    UP_TO_##M(GIVE)                                                                                                    \
  }                                                                                                                    \
  INLINE void columns_##M(const int whole, const int lines, TILE_ARGUMENTS) {                                          \
    UP_TO_##M(OPEN) UP_TO_##M(CLEAR) if (from) { UP_TO_##M(TAKE) }                                                     \
    UNROLL for (; k > 0; k--, a += lines ? a_next : COLUMN, packed += COLUMN, panel += PACKS_B ? PANEL : next) {       \
      vec p = v_load(panel), q = v_load(panel + LANES);                                                                \
      if (lines) __builtin_memcpy(packed, a, M * sizeof(float));                                                       \
      UP_TO_##M(STEP_COLUMN)                                                                                           \
    }                                                                                                                  \
    UP_TO_##M(GIVE)                                                                                                    \
  }                                                                                                                    \
  static void tile_rows_##M(TILE_ARGUMENTS) { rows_##M(1, TILE_VALUES); }                                              \
  static void half_rows_##M(TILE_ARGUMENTS) { rows_##M(0, TILE_VALUES); }                                              \
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
#define ALL(M) {{tile_rows_##M, half_rows_##M}, {tile_columns_##M, half_columns_##M}, {tile_lines_##M, half_lines_##M}}
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

/* Rows of A as tiles read them: tile i's begin at at + start[i] * next. */
struct operand {
  const float *at;
  ptrdiff_t next;
};
static inline int64_t copies_floats(int rows, int terms) { return rows * (RUN ? round_up(terms, RUN) : terms); }

static inline void copy_terms(float *to, const float *from, int count) {
  FOR_ROW(count, PUT(to, GET(from));)
}

/* Rows of so many terms, as they are cut into tiles: read where they stand, if they stand at equal distances, or copied. */
static __attribute__((noinline)) struct operand in_line(const struct tiling *tiles, int terms, const float *const *row,
                                                        float *copies) {
  float *to = copies;
#if RUN
  for (int i = 0; i < tiles->count; i++)
    for (int j = 0; j < terms; j += RUN)
      for (int r = tiles->start[i]; r < tiles->start[i + 1]; r++, to += RUN)
        if (j + RUN <= terms) copy_terms(to, row[r] + j, RUN); /* of a length that is known: without a loop */
        else copy_terms(to, row[r] + j, terms - j);
  return (struct operand){copies, round_up(terms, RUN)};
#else
  int rows = tiles->start[tiles->count], i = 1;
  ptrdiff_t next = rows > 1 ? row[1] - row[0] : terms;
  while (i < rows && row[i] - row[i - 1] == next) i++;
  if (i == rows) return (struct operand){row[0], next};
  for (i = 0; i < rows; i++, to += terms) copy_terms(to, row[i], terms);
  return (struct operand){copies, terms};
#endif
}

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
