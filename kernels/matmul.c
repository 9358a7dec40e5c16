/* The matrix product, in two forms: rows of A against a packed B, and A transposed, which is the gradient of weights. Both
 * are blocked for the caches.
 *
 * Every element is one chain of multiply-adds in ascending k. A chain may pause in y between blocks of k, which costs no
 * bit; it never splits. So tiles, edges and threads may be cut anyhow. */
#include "context.h"
#include "tile.h"

#define BLOCK_K 512                   /* terms of a sum per block: y is read and written once for so many */
#define BLOCK_N 1024                  /* columns per block: what all threads share of B then stays in the last cache */
#define BLOCK_TILES 8                 /* tiles of A packed at once by a thread */
#define BLOCK_M (TILE_ROWS * BLOCK_TILES)

/* What of A is read next, in stretches of so many lines. It is asked for a few lines at a time while tiles are at work, so
 * that the next do not wait for memory. */
struct ahead {
  const float *stretch;
  ptrdiff_t stride;
  int stretches, lines, line;
};
/* `stretches` of `length` floats, `stride` apart. */
static inline struct ahead look_ahead(const float *stretch, ptrdiff_t stride, int stretches, int length) {
  return (struct ahead){stretch, stride, stretches, (length + LINE - 1) / LINE, 0};
}
static inline void ask(struct ahead *ahead, int lines) {
  for (; lines > 0 && ahead->stretches > 0; lines--) {
    fetch_line(ahead->stretch + ahead->line * LINE);
    if (++ahead->line < ahead->lines) continue;
    ahead->line = 0, ahead->stretches--, ahead->stretch += ahead->stride;
  }
}
/* How many lines to ask for with each of `tiles` tiles. */
static inline int asked_a_tile(const struct ahead *ahead, int tiles) {
  return ASKS_AHEAD && tiles > 0 && ahead->stretches > 0 ? (ahead->stretches * ahead->lines + tiles - 1) / tiles : 0;
}

/* Whether threads share the rows of y, dealt out in parts of so many; else its columns, as there are too few rows. */
static inline int shares_rows(const struct context *context, int m, int n) {
  return m >= context->threads * TILE_ROWS || m >= n;
}
static inline struct schedule schedule_rows(const struct context *context, int m, int part, int by_rows) {
  return by_rows ? context_schedule(context, m, part) : schedule_begin(0, 0, 1, m, part);
}
static inline struct range panels_of(const struct context *context, int panels, int by_rows) {
  return by_rows ? (struct range){0, panels} : partition(panels, 1, context->thread, context->threads);
}

/* A tile of y, `size` rows `y_row` apart: they start from what they hold or, if it is their `first` block of terms, from the
 * bias or 0. The next tile is `ahead` of it. */
static inline void tile_of(float *y, ptrdiff_t y_row, ptrdiff_t ahead, int first, const float *bias, enum form form,
                           int size, int width, int k, const float *a, ptrdiff_t a_next, float *packed,
                           const float *panel, ptrdiff_t next) {
  float *to[TILE_ROWS];
  const float *start[TILE_ROWS];
  for (int r = 0; r < size; r++) {
    to[r] = y + r * y_row;
    start[r] = first ? bias : to[r];
    touch(to[r] + ahead, PANEL);
  }
  tile(form, size, width, k, a, a_next, packed, panel, next, first && !bias ? 0 : start, to);
}

/* Workspace of a product in bytes: a block of B for all, and in wasm one of A for each thread. Where B takes several blocks
 * there are two, so that whoever has done with one may pack the next while others are at work. */
static int64_t b_block_bytes(int n, int terms) { return round_up(round_up(lesser(n, BLOCK_N), PANEL) * terms * 4, 64); }
static int64_t a_block_floats(int k) { return RUN ? copies_floats(BLOCK_M, lesser(k, BLOCK_K)) : 0; }
static int64_t product_workspace(int n, int k, int threads) {
  int places = k > BLOCK_K || n > BLOCK_N ? 2 : 1;
  return b_block_bytes(n, lesser(k, BLOCK_K)) * places + a_block_floats(k) * 4 * threads + 64;
}

/* y (m x n, row stride y_row) = (accumulate ? y : bias or 0) + a b; rows of a are a_row apart; columns from b_columns on,
 * which b has not, are 0. Every thread of the context calls it with the same arguments; it returns when all are done. */
static void product(const struct context *context, int m, int n, int k, const float *a, ptrdiff_t a_row, struct matrix b,
                    int b_columns, float *y, ptrdiff_t y_row, const float *bias, int accumulate, char *workspace) {
  int terms_most = lesser(k, BLOCK_K), places = k > BLOCK_K || n > BLOCK_N ? 2 : 1, turn = 0, packed = b.column == 0;
  int by_rows = shares_rows(context, m, n);
  int64_t b_bytes = b_block_bytes(n, terms_most);
  float *a_block = (float *)(workspace + b_bytes * places) + a_block_floats(k) * context->thread;
  for (int n0 = 0; n0 < n || n0 == 0; n0 += BLOCK_N) {
    if (n0 > 0 && !by_rows && !packed) context_barrier(context); /* a panel's place passes to another thread */
    int columns = lesser(n - n0, BLOCK_N), panels = (columns + PANEL - 1) / PANEL;
    struct range mine = panels_of(context, panels, by_rows);
    for (int k0 = 0; k0 < k || k0 == 0; k0 += BLOCK_K, turn++) {
      int terms = lesser(k - k0, BLOCK_K), first = k0 == 0 && !accumulate;
      float *b_block = (float *)(workspace + b_bytes * (turn % places));
      struct range packs = partition(packed ? 0 : panels, 1, context->thread, context->threads);
      for (int p = packs.from; p < packs.to; p++)
        pack_panel(part(b, k0, n0 + p * PANEL), terms, lesser(b_columns - n0 - p * PANEL, PANEL),
                   b_block + (ptrdiff_t)p * PANEL * terms_most);
      /* B is packed, and y holds the terms before, whoever added them. */
      if (by_rows && (!packed || turn > 0)) context_barrier(context);
      struct schedule schedule = schedule_rows(context, m, BLOCK_M, by_rows);
      for (struct range rows = schedule_next(&schedule); rows.from < rows.to; rows = schedule_next(&schedule)) {
        struct tiling tiling = cut(rows.to - rows.from);
        const float *a_rows[BLOCK_M];
        for (int r = rows.from; r < rows.to; r++) a_rows[r - rows.from] = a + r * a_row + k0;
        struct operand a_here = in_line(&tiling, terms, a_rows, a_block);
        for (int i = 0; i < tiling.count; i++) {
          int size = tile_size(&tiling, i), row = rows.from + tiling.start[i], after = row + size;
          const float *a_tile = a_here.at + tiling.start[i] * a_here.next;
          struct ahead ahead = look_ahead(a + after * a_row + k0, a_row, lesser(m - after, TILE_ROWS), terms);
          int asked = asked_a_tile(&ahead, mine.to - mine.from);
          for (int p = mine.from; p < mine.to; p++) {
            int column = n0 + p * PANEL, width = lesser(columns - p * PANEL, PANEL);
            const float *panel = packed ? b.at + (ptrdiff_t)column * b.row + (ptrdiff_t)k0 * PANEL
                                        : b_block + (ptrdiff_t)p * PANEL * terms_most;
            const float *bias_here = bias ? bias + column : 0;
            float *y_tile = y + row * y_row + column;
            ask(&ahead, asked);
            if (size == 1 && tiling.count == 1 && p + WIDE <= mine.to && columns - p * PANEL >= WIDE * PANEL) {
              ptrdiff_t next = (packed ? (ptrdiff_t)b.row : (ptrdiff_t)terms_most) * PANEL;
              tile_wide(terms, a_tile, panel, next, first ? bias_here : y_tile, y_tile);
              p += WIDE - 1;
              continue;
            }
            tile_of(y_tile, y_row, PANEL, first, bias_here, ROWS, size, width, terms, a_tile, a_here.next, 0, panel, PANEL);
          }
        }
      }
    }
  }
  context_barrier(context);
}

/* The sums of a's rows over k, if they are wanted, and whether they are added to what is there. */
struct sums {
  float *of_rows;
  int add;
};

/* A gradient of weights has few rows and columns and very many terms: packing costs as much as a tenth of it, and waiting
 * for each other at every block more. So a thread takes its rows through all terms alone, and reads B where it stands, while
 * a tile of A, packed by the first of its tiles, stays in the first cache. With PACKS_B a thread packs B for itself, and a
 * panel stays. */
#define BLOCK_TERMS (PACKS_B ? 512 : 256)
#define DEALT_ROWS (PACKS_B ? 256 / BLOCK_M * BLOCK_M : BLOCK_M)
#define NEAR_COLUMNS (PACKS_B ? PANEL : 256) /* of B, they stay in the second cache with the tiles of a block */

static int64_t packed_a_floats(int k) { return (int64_t)lesser(k, BLOCK_TERMS) * BLOCK_TILES * COLUMN; }
/* Of a thread: its tiles of A, and its panels of B, or the last one if that is cut off. */
static int64_t transposed_floats(int n, int k) {
  return round_up(packed_a_floats(k) + lesser(k, BLOCK_TERMS) * (PACKS_B ? round_up(n, PANEL) : PANEL), LINE);
}
static int64_t transposed_workspace(int n, int k, int threads) { return transposed_floats(n, k) * 4 * threads + 64; }

/* The same for a transposed: element (i, j) of y is the sum over k of a[k a_row + i] b[k b_row + j]. */
static void product_transposed(const struct context *context, int m, int n, int k, const float *a, ptrdiff_t a_row,
                               const float *b, ptrdiff_t b_row, float *y, ptrdiff_t y_row, const float *bias, int accumulate,
                               struct sums sums, char *workspace) {
  int by_rows = shares_rows(context, m, n);
  float *packed_a = (float *)workspace + transposed_floats(n, k) * context->thread;
  float *packed_b = packed_a + packed_a_floats(k);
  struct range mine = panels_of(context, (n + PANEL - 1) / PANEL, by_rows);
  int first_packed = PACKS_B ? mine.from : lesser(n / PANEL, mine.to);
  struct schedule schedule = schedule_rows(context, m, DEALT_ROWS, by_rows);
  for (struct range rows = schedule_next(&schedule); rows.from < rows.to; rows = schedule_next(&schedule))
    for (int k0 = 0; k0 < k || k0 == 0; k0 += BLOCK_TERMS) {
      int terms = lesser(k - k0, BLOCK_TERMS), first = k0 == 0 && !accumulate;
      const float *b_here = b + k0 * b_row;
      for (int p = first_packed; p < mine.to; p++)
        pack_panel((struct matrix){b_here + p * PANEL, b_row, 1}, terms, lesser(n - p * PANEL, PANEL),
                   packed_b + (ptrdiff_t)(p - first_packed) * PANEL * terms);
      for (int m0 = rows.from; m0 < rows.to; m0 += BLOCK_M) {
        int height = lesser(rows.to - m0, BLOCK_M), more = m0 + height < rows.to;
        const float *a_here = a + k0 * a_row + m0;
        float *of_rows = sums.of_rows && (by_rows || context->thread == 0) ? sums.of_rows + m0 : 0;
        struct tiling tiling = cut(height);
        if (!ASKS_AHEAD) {
          struct ahead now = look_ahead(a_here, a_row, terms, height);
          ask(&now, now.stretches * now.lines);
        }
        const float *next_a = more ? a_here + height : a + (k0 + terms) * a_row + rows.from;
        struct ahead ahead = look_ahead(next_a, a_row, more ? terms : lesser(k - k0 - terms, BLOCK_TERMS), height);
        int asked = asked_a_tile(&ahead, tiling.count * (mine.to - mine.from));
        for (int near = mine.from; near < mine.to; near += NEAR_COLUMNS / PANEL)
          for (int i = 0; i < tiling.count; i++)
            for (int p = near; p < lesser(near + NEAR_COLUMNS / PANEL, mine.to); p++) {
              int size = tile_size(&tiling, i), column = p * PANEL, width = lesser(n - column, PANEL);
              int packed = p >= first_packed;
              const float *panel = packed ? packed_b + (ptrdiff_t)(p - first_packed) * PANEL * terms : b_here + column;
              float *packed_tile = packed_a + (ptrdiff_t)i * terms * COLUMN;
              enum form form = p == mine.from ? LINES : COLUMNS; /* the first panel's tiles pack a for the others */
              ask(&ahead, asked);
              tile_of(y + (m0 + tiling.start[i]) * y_row + column, y_row, PACKS_B ? size * y_row : PANEL, first,
                      bias ? bias + column : 0, form, size, width, terms,
                      form == LINES ? a_here + tiling.start[i] : packed_tile, a_row, packed_tile, panel,
                      packed ? PANEL : b_row);
            }
        if (of_rows) add_terms(a_here, a_row, height, terms, of_rows, k0 == 0 && !sums.add);
      }
    }
  context_barrier(context);
}

static int64_t matmul_workspace(const void *record, int threads) {
  const struct matmul_record *r = record;
  return r->transpose_a ? transposed_workspace(r->n, r->k, threads) : product_workspace(r->n, r->k, threads);
}

static void matmul(const struct context *context, const void *record) {
  const struct matmul_record *r = record;
  const float *a = at(context, r->a), *b = at(context, r->b), *bias = r->bias ? at(context, r->bias) : 0;
  float *y = at(context, r->y);
  char *workspace = at(context, r->workspace);
  if (r->transpose_a) {
    struct sums sums = {r->sums ? at(context, r->sums) : 0, r->add_sums};
    product_transposed(context, r->m, r->n, r->k, a, r->a_stride, b, r->b_stride, y, r->y_stride, bias, r->accumulate, sums,
                       workspace);
    return;
  }
  struct matrix right = r->packed_b      ? (struct matrix){b, r->k, 0}
                        : r->transpose_b ? (struct matrix){b, 1, r->b_stride}
                                         : (struct matrix){b, r->b_stride, 1};
  product(context, r->m, r->n, r->k, a, r->a_stride, right, r->n, y, r->y_stride, bias, r->accumulate, workspace);
}

static void pack(const struct context *context, const void *record) {
  const struct pack_record *r = record;
  struct matrix b = {at(context, r->w), r->transpose ? 1 : r->n, r->transpose ? r->k : 1};
  float *packed = at(context, r->packed);
  int panels = (r->n + PANEL - 1) / PANEL;
  struct range mine = partition(panels, 1, context->thread, context->threads);
  for (int p = mine.from; p < mine.to; p++)
    pack_panel(part(b, 0, p * PANEL), r->k, lesser(r->n - p * PANEL, PANEL), packed + (ptrdiff_t)p * PANEL * r->k);
}
