/* The most multiply-adds this machine can do: twelve independent chains in registers, nothing loaded or stored. */
#include "context.h"
#include "simd.h"

#define CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define BEGIN(i) vec c##i = v_splat(0.001f * (i + 1));
#define NEXT(i) c##i = v_fma(c##i, p, q);
#define ADD_UP(i) all = all + c##i;

static void ceiling(const struct context *context, const void *record) {
  const struct ceiling_record *r = record;
  vec p = v_splat(0.999f), q = v_splat(0.001f), all = v_splat(0.0f);
  CHAINS(BEGIN)
  for (int i = 0; i < r->iterations; i++) { CHAINS(NEXT) }
  CHAINS(ADD_UP)
  float lane[LANES];
  v_store(lane, all);
  /* lane[0] is a number that no machine makes: the compiler must not know that. */
  if (context->thread == 0)
    *(double *)at(context, r->flops) = lane[0] == -1 ? 0 : 2.0 * LANES * 12 * r->iterations * context->threads;
  else if (lane[0] == -1)
    *(double *)at(context, r->flops) = 0;
  context_barrier(context);
}
