/* How a kernel's work is split over threads. A kernel is one function that every thread of the team runs, each with its
 * own index; it picks its share from (thread, threads) and meets the others at barriers. */
#ifndef RECURRA_TEAM_H
#define RECURRA_TEAM_H

#include <stddef.h>
#include <stdint.h>

#define MOST_THREADS 64

struct team {
  uint32_t generation; /* counts the jobs given out */
  uint32_t pending;    /* workers that have not finished the present job */
  uint32_t arrived;    /* threads at the barrier */
  uint32_t phase;      /* counts the barriers passed */
  uint32_t sleepers;   /* workers that may be asleep: while there are none, nobody is called */
  uint32_t stopping;
  int32_t workers;     /* workers that take part in `pending`, the caller not counted */
  int32_t threads;     /* threads that work on the present job, the caller counted */
  void (*job)(void *argument, int thread, int threads);
  void *argument;
};

/* Runs job on `threads` threads, the calling one as thread 0; returns when all are done. */
void team_run(struct team *team, int threads, void (*job)(void *, int, int), void *argument);
/* A worker's whole life, as thread `thread` (1 …); `seen` is the generation at its birth. */
void team_work(struct team *team, int thread, uint32_t seen);
void team_stop(struct team *team);
/* Everything that any thread wrote before is seen by all after. */
void team_barrier(struct team *team, int threads);

/* The part of 0 … count that a thread takes, in multiples of `grain`. */
struct range { int from, to; };
static inline struct range share(int count, int grain, int thread, int threads) {
  int64_t grains = ((int64_t)count + grain - 1) / grain;
  int64_t from = grains * thread / threads * grain, to = grains * (thread + 1) / threads * grain;
  struct range part = {(int)(from < count ? from : count), (int)(to < count ? to : count)};
  return part;
}

#endif
