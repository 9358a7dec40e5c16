/* What a kernel knows of its run: where the heap is, which thread of how many it is, and how to meet the others. */
#ifndef RECURRA_CONTEXT_H
#define RECURRA_CONTEXT_H

#include "kernels.h"
#include "sizes.h"
#include "team.h"

struct context {
  char *base;        /* the heap's first byte */
  int thread, threads;
  struct team *team; /* unused by a context of one thread */
};

static inline void *at(const struct context *context, place where) { return context->base + where; }
static inline void context_barrier(const struct context *context) { team_barrier(context->team, context->threads); }
static inline struct schedule context_schedule(const struct context *context, int count, int part) {
  return schedule_begin(context->team, context->thread, context->threads, count, part);
}

typedef void kernel_function(const struct context *context, const void *record);
typedef int64_t workspace_function(const void *record, int threads); /* bytes */
typedef int64_t work_function(const void *record);                   /* multiply-adds or elements, roughly */
typedef int threads_function(const void *record, int threads);       /* threads that are worth using, of so many */

struct kernel_entry {
  kernel_function *run;
  workspace_function *workspace; /* 0: needs none */
  work_function *work;           /* 0: always worth the team */
  threads_function *threads;     /* 0: all */
};

/* Everything that one instruction set offers; the only symbol of its translation unit. */
struct unit {
  const char *name;
  int32_t panel; /* columns of a packed panel */
  struct kernel_entry kernels[KERNEL_COUNT];
};

/* Runs one kernel on up to `threads` threads of the team; small work runs on the caller alone. */
void unit_run(const struct unit *unit, struct team *team, int threads, char *base, uint32_t kernel, place record);
int64_t unit_workspace(const struct unit *unit, int threads, char *base, uint32_t kernel, place record);

#endif
