/* The team of threads that works on one kernel, and how work is divided. A kernel is one function that every thread runs, each
 * with its own number; it takes its part by (thread, threads) and meets the others at barriers. */
#ifndef RECURRA_TEAM_H
#define RECURRA_TEAM_H

#include <stddef.h>
#include <stdint.h>

#define MOST_THREADS 64

/* Whether threads wait longer than they compute, since other processes want the processors too: see team.c. In nanoseconds. */
struct crowd {
  int64_t waited;   /* by all threads together, in the present window */
  int64_t measured; /* that jobs have taken in it */
  int64_t bearable; /* waiting with which several threads still win something over one */
  int64_t rest;     /* how long fewer threads are used; 0: there is no crowd */
  int64_t until;    /* when more are tried again */
  int32_t limit;    /* threads that are used until then; 0: as many as are wanted */
  int32_t trying;   /* more threads than the limit, in this window */
};

/* All zeros is a team without workers. */
struct team {
  uint64_t generation; /* counts the jobs; the low bits hold the number of threads of the present one */
  uint32_t pending;    /* workers that have not finished the present job */
  uint32_t caller_sleeps;
  uint32_t arrived;    /* threads at the barrier */
  uint32_t phase;      /* counts the barriers passed; the futex word of those who wait there */
  uint32_t waiters;    /* threads that sleep at the barrier, or are about to */
  uint32_t sleepers;   /* workers that sleep until a job comes, or are about to */
  uint32_t stopping;
  int32_t workers;     /* that there are; the caller is not counted */
  void (*job)(void *argument, int thread, int threads);
  void *argument;
  uint32_t asleep[MOST_THREADS]; /* 1 while worker i sleeps until a job comes: its futex word */
  uint32_t begun[MOST_THREADS];  /* of a dynamic schedule: the chunks of each thread's part that are taken */
  uint32_t busy;                 /* of work stealing: threads that have work */
  uint32_t idle;                 /* threads that wait for some */
  uint32_t idle_sleepers;        /* those of them that sleep, or are about to */
  uint32_t slots[MOST_THREADS];  /* enum slot, of each thread: its futex word */
  struct crowd crowd;
};

/* Runs job on up to `threads` threads, the calling one as thread 0; returns when all are done. */
void team_run(struct team *team, int threads, void (*job)(void *, int, int), void *argument);
/* A worker's whole life, as thread `thread` (1 …); `seen` is the generation at its birth. */
void team_work(struct team *team, int thread, uint64_t seen);
void team_stop(struct team *team);
/* Everything that any thread has written before is seen by all after. */
void team_barrier(struct team *team, int threads);

/* Work stealing, for work that goes on from step to step and so cannot be cut into chunks: a thread without work waits for
 * some, and a thread with much gives it a half. team_wait_for_work returns 0 when no thread has work any more; every thread
 * calls it until then. team_take_idle reserves the slot of a thread that waits, or returns -1; the giver writes the work where
 * that thread looks for it, and calls team_give. Between two barriers there is either work stealing or a schedule. */
enum slot { SLOT_BUSY, SLOT_IDLE, SLOT_TAKEN, SLOT_FILLED, SLOT_CLOSED };
int team_take_idle(struct team *team, int threads);
void team_give(struct team *team, int to);
int team_wait_for_work(struct team *team, int thread);

/* A static partition: the part of 0 … count that a thread takes, in multiples of `grain`. */
struct range { int from, to; };
static inline struct range partition(int count, int grain, int thread, int threads) {
  int64_t grains = ((int64_t)count + grain - 1) / grain;
  int64_t from = grains * thread / threads * grain, to = grains * (thread + 1) / threads * grain;
  struct range part = {(int)(from < count ? from : count), (int)(to < count ? to : count)};
  return part;
}

/* A dynamic schedule, since two processors are seldom equally fast: a thread takes its own part of the partition chunk by
 * chunk, then chunks of the others' parts that nobody has begun. The last one or two chunks of a part are cut into about
 * halves, so that all threads end at about one time. Between two barriers there is one schedule, the same for every thread. */
struct schedule {
  struct team *team;
  int thread, threads, count, chunk;
  int turn; /* whose part it is: how many threads after this one; of one thread, how many chunks are taken */
};
static inline struct schedule schedule_begin(struct team *team, int thread, int threads, int count, int chunk) {
  struct schedule schedule = {team, thread, threads, count, chunk, 0};
  return schedule;
}
/* The next chunk; an empty one where none is left. */
static inline struct range schedule_next(struct schedule *s) {
  if (s->threads == 1) {
    int64_t from = (int64_t)s->turn++ * s->chunk, to = from + s->chunk;
    return (struct range){(int)(from < s->count ? from : s->count), (int)(to < s->count ? to : s->count)};
  }
  for (; s->turn < s->threads; s->turn++) {
    int owner = (s->thread + s->turn) % s->threads;
    struct range all = partition(s->count, 1, owner, s->threads);
    int64_t i = __atomic_fetch_add(&s->team->begun[owner], 1, __ATOMIC_RELAXED);
    int count = all.to - all.from, half = (s->chunk + 1) / 2, whole = count / s->chunk - 1;
    if (whole < 0) whole = 0;
    if (i < whole) return (struct range){all.from + (int)i * s->chunk, all.from + (int)(i + 1) * s->chunk};
    int last = all.from + whole * s->chunk, rest = all.to - last, pieces = (rest + half / 2) / half;
    if (pieces == 0 && rest > 0) pieces = 1;
    i -= whole;
    if (i < pieces) return (struct range){last + (int)(rest * i / pieces), last + (int)(rest * (i + 1) / pieces)};
  }
  return (struct range){s->count, s->count};
}

#endif
