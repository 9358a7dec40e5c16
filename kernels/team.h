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
  uint32_t begun[MOST_THREADS]; /* of a deal: parts of each thread's share that somebody has begun */
  uint32_t busy;                /* of work handed over: threads that have some */
  uint32_t idle;                /* threads that ask for some */
  uint32_t hands[MOST_THREADS]; /* enum hand, of each thread */
};

/* Runs job on `threads` threads, the calling one as thread 0; returns when all are done. */
void team_run(struct team *team, int threads, void (*job)(void *, int, int), void *argument);
/* A worker's whole life, as thread `thread` (1 …); `seen` is the generation at its birth. */
void team_work(struct team *team, int thread, uint32_t seen);
void team_stop(struct team *team);
/* Everything that any thread wrote before is seen by all after. */
void team_barrier(struct team *team, int threads);

/* Work that goes on from step to step cannot be dealt out in parts. Instead, who has none left asks, and who has much hands a
 * half over. team_ask waits, and returns 0 when nobody has work any more; every thread must end by asking in vain.
 * team_asks gives the number of a thread that asks, or -1; then its work is written where it will look, and team_hand_over
 * sends it off. Between two barriers this or a deal may be used. */
enum hand { HAND_FULL, HAND_OPEN, HAND_TAKEN, HAND_FILLED };
int team_asks(struct team *team, int threads);
void team_hand_over(struct team *team, int to);
int team_ask(struct team *team, int thread);

/* The part of 0 … count that a thread takes, in multiples of `grain`. */
struct range { int from, to; };
static inline struct range share(int count, int grain, int thread, int threads) {
  int64_t grains = ((int64_t)count + grain - 1) / grain;
  int64_t from = grains * thread / threads * grain, to = grains * (thread + 1) / threads * grain;
  struct range part = {(int)(from < count ? from : count), (int)(to < count ? to : count)};
  return part;
}

/* Work that is dealt out in parts, since two processors are seldom equally fast: a thread takes its own share part by
 * part, then what others have not begun of theirs. The last one or two parts of a share are cut into about halves, so that
 * all end at one time. Between two barriers there is one deal, the same for every thread. */
struct deal {
  struct team *team;
  int thread, threads, count, part;
  int turn; /* whose share it is: how many threads after this one; alone, how many parts are taken */
};
static inline struct deal deal_out(struct team *team, int thread, int threads, int count, int part) {
  struct deal deal = {team, thread, threads, count, part, 0};
  return deal;
}
/* The next part; an empty one where none is left. */
static inline struct range deal_next(struct deal *deal) {
  if (deal->threads == 1) {
    int64_t from = (int64_t)deal->turn++ * deal->part, to = from + deal->part;
    return (struct range){(int)(from < deal->count ? from : deal->count), (int)(to < deal->count ? to : deal->count)};
  }
  for (; deal->turn < deal->threads; deal->turn++) {
    int owner = (deal->thread + deal->turn) % deal->threads;
    struct range all = share(deal->count, 1, owner, deal->threads);
    int64_t i = __atomic_fetch_add(&deal->team->begun[owner], 1, __ATOMIC_RELAXED);
    int count = all.to - all.from, half = (deal->part + 1) / 2, whole = count / deal->part - 1;
    if (whole < 0) whole = 0;
    if (i < whole) return (struct range){all.from + (int)i * deal->part, all.from + (int)(i + 1) * deal->part};
    int last = all.from + whole * deal->part, rest = all.to - last, pieces = (rest + half / 2) / half;
    if (pieces == 0 && rest > 0) pieces = 1;
    i -= whole;
    if (i < pieces) return (struct range){last + (int)(rest * i / pieces), last + (int)(rest * (i + 1) / pieces)};
  }
  return (struct range){deal->count, deal->count};
}

#endif
