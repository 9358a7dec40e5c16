/* The team: threads wait by spinning briefly, then they sleep on a futex. The same source serves threads of the operating
 * system (addon.c starts them) and workers of a page or of Node that run the wasm build.
 *
 * Where other processes want the processors too, a thread of the team may lose its processor for milliseconds while the others
 * wait for it. So the team compares how long its threads wait with how long jobs take, and uses fewer threads for a while when
 * more do not pay. No result depends on the number of threads. */
#if defined(__linux__)
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#elif defined(_WIN32)
#include <windows.h>
#elif !defined(__wasm__)
#include <pthread.h>
#include <time.h>
#endif
#include "team.h"

/* A quarter of a millisecond: longer than the JavaScript between two kernels or two steps and than most waits at a barrier,
 * shorter than anyone would notice. Wasm has no instruction to pause, so that a spin is ten times as short. */
#if defined(__wasm__)
#define SPINS_PER_PAUSE 10
#else
#define SPINS_PER_PAUSE 1
#endif
#define SPINS (8000 * SPINS_PER_PAUSE)
/* While the processors are crowded, spinning takes time from the thread that is waited for. */
#define CROWDED_SPINS (300 * SPINS_PER_PAUSE)
/* About how long a spin is, for waits too short to look at the clock. */
#define SPIN_NANOSECONDS (30 / SPINS_PER_PAUSE)
/* Waits below 10 microseconds are not counted: every barrier has some. */
#define COUNTED_SPINS (300 * SPINS_PER_PAUSE)

/* The bits of a generation that hold the number of threads. */
#define THREADS_BITS 7
_Static_assert(MOST_THREADS < 1 << THREADS_BITS, "a generation has room for the number of threads");

#define MILLISECOND INT64_C(1000000)
/* Jobs are measured for so long before it is decided whether so many threads pay. */
#define WINDOW (4 * MILLISECOND)
/* For how long fewer are used: twice as long each time that more do not pay again. */
#define SHORTEST_REST (16 * MILLISECOND)
#define LONGEST_REST (512 * MILLISECOND)

static inline uint32_t load(uint32_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* futex_wait returns at once if the word is not `value`, and may return for no reason. futex_wake wakes all who wait there. */
#if defined(__wasm__)
/* Not inlined: the baseline compiler of V8 11 (Node 20) does not keep a caller's locals across the wait, and a thread then
 * leaves a barrier alone. */
#define NOINLINE __attribute__((noinline)) static
NOINLINE void futex_wait(uint32_t *at, uint32_t value) {
  __builtin_wasm_memory_atomic_wait32((int *)at, (int)value, -1);
}
NOINLINE void futex_wake(uint32_t *at) { __builtin_wasm_memory_atomic_notify((int *)at, MOST_THREADS); }
__attribute__((import_module("env"), import_name("now"))) double milliseconds_now(void);
static int64_t nanoseconds(void) { return (int64_t)(milliseconds_now() * 1e6); }
#elif defined(__linux__)
static void futex_wait(uint32_t *at, uint32_t value) { syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); }
static void futex_wake(uint32_t *at) { syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, MOST_THREADS, NULL, NULL, 0); }
#elif defined(_WIN32)
static void futex_wait(uint32_t *at, uint32_t value) { WaitOnAddress(at, &value, sizeof value, INFINITE); }
static void futex_wake(uint32_t *at) { WakeByAddressAll(at); }
static int64_t nanoseconds(void) {
  LARGE_INTEGER count, frequency;
  QueryPerformanceCounter(&count);
  QueryPerformanceFrequency(&frequency);
  return (int64_t)((double)count.QuadPart * 1e9 / (double)frequency.QuadPart);
}
#else
/* One condition stands for all words: each waiter looks at its own again. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void futex_wait(uint32_t *at, uint32_t value) {
  pthread_mutex_lock(&mutex);
  while (load(at) == value) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}
static void futex_wake(uint32_t *at) {
  (void)at;
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}
#endif
#if !defined(__wasm__) && !defined(_WIN32)
static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
#endif

static int spins_now(struct team *team) {
  return __atomic_load_n(&team->crowd.rest, __ATOMIC_RELAXED) ? CROWDED_SPINS : SPINS;
}

static void count_wait(struct team *team, int64_t time) {
  __atomic_add_fetch(&team->crowd.waited, time, __ATOMIC_RELAXED);
}

/* Waits while the word is `value`. Either the one who changes it sees `sleepers`, or this, which counts itself before it looks
 * once more, sees the change. */
static void wait_while(struct team *team, uint32_t *at, uint32_t value, uint32_t *sleepers) {
  int most = spins_now(team), spins = 0;
  while (load(at) == value && spins < most) spins++, relax();
  if (spins < most) {
    if (spins > COUNTED_SPINS) count_wait(team, (int64_t)spins * SPIN_NANOSECONDS);
    return;
  }
  int64_t begun = nanoseconds();
  __atomic_add_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(at, __ATOMIC_SEQ_CST) == value) futex_wait(at, value);
  __atomic_sub_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
  count_wait(team, nanoseconds() - begun + (int64_t)spins * SPIN_NANOSECONDS);
}

/* Changes a word that others wait for. */
static void change(uint32_t *at, uint32_t value, uint32_t *sleepers) {
  __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(sleepers, __ATOMIC_SEQ_CST) != 0) futex_wake(at);
}

/* What holds between two barriers only. */
static void reset_between_barriers(struct team *team, int threads) {
  for (int i = 0; i < threads; i++) team->begun[i] = 0, team->slots[i] = SLOT_BUSY;
  team->busy = (uint32_t)threads;
  team->idle = 0;
}

static void begin_window(struct team *team) {
  team->crowd.measured = team->crowd.bearable = 0;
  __atomic_store_n(&team->crowd.waited, 0, __ATOMIC_RELAXED);
}

/* The threads to use of those that are wanted; begun is set where the clock is read. */
static int threads_that_pay(struct team *team, int wanted, int64_t *begun) {
  struct crowd *crowd = &team->crowd;
  if (crowd->limit == 0 || wanted <= crowd->limit) return wanted;
  *begun = nanoseconds();
  if (*begun < crowd->until) return crowd->limit;
  /* Twice as many are tried again, in a window of their own. */
  if (!crowd->trying) begin_window(team);
  crowd->trying = 1;
  return wanted < crowd->limit * 2 ? wanted : crowd->limit * 2;
}

/* After a job on several threads: do they pay? Threads that wait all of the time but their share of the work win nothing over
 * one that works alone, and they have to win something. */
static void measure(struct team *team, int threads, int64_t begun) {
  struct crowd *crowd = &team->crowd;
  int64_t now = nanoseconds();
  crowd->measured += now - begun;
  crowd->bearable += (now - begun) * (threads - 1) * 9 / 10;
  if (crowd->measured < WINDOW) return;
  int64_t waited = __atomic_load_n(&crowd->waited, __ATOMIC_RELAXED);
  if (waited >= crowd->bearable) {
    int64_t rest = crowd->rest * 2, working = threads - waited / crowd->measured;
    rest = rest < SHORTEST_REST ? SHORTEST_REST : rest > LONGEST_REST ? LONGEST_REST : rest;
    crowd->limit = working < 1 ? 1 : working < threads / 2 ? (int)working : threads / 2;
    crowd->until = now + rest;
    __atomic_store_n(&crowd->rest, rest, __ATOMIC_RELAXED);
  } else if (threads > crowd->limit && crowd->limit != 0) {
    crowd->limit = threads;
  } else if (now >= crowd->until) {
    crowd->limit = 0;
    __atomic_store_n(&crowd->rest, 0, __ATOMIC_RELAXED);
  }
  crowd->trying = 0;
  begin_window(team);
}

/* Gives out a job to the workers below `threads`. Either this sees that one of them sleeps, or that one, which says so before
 * it looks once more, sees the new generation. */
static void call(struct team *team, int threads) {
  uint64_t count = (team->generation >> THREADS_BITS) + 1;
  __atomic_store_n(&team->generation, count << THREADS_BITS | (uint64_t)threads, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->sleepers, __ATOMIC_SEQ_CST) == 0) return;
  for (int i = 1; i < threads; i++)
    if (__atomic_load_n(&team->asleep[i], __ATOMIC_SEQ_CST)) {
      __atomic_store_n(&team->asleep[i], 0, __ATOMIC_SEQ_CST);
      futex_wake(&team->asleep[i]);
    }
}

static void finish(struct team *team) {
  if (__atomic_sub_fetch(&team->pending, 1, __ATOMIC_SEQ_CST) == 0 &&
      __atomic_load_n(&team->caller_sleeps, __ATOMIC_SEQ_CST) != 0)
    futex_wake(&team->pending);
}

void team_run(struct team *team, int threads, void (*job)(void *, int, int), void *argument) {
  int64_t begun = 0;
  if (threads > team->workers + 1) threads = team->workers + 1;
  threads = threads_that_pay(team, threads, &begun);
  if (threads <= 1) {
    job(argument, 0, 1);
    return;
  }
  if (begun == 0) begun = nanoseconds();
  team->job = job;
  team->argument = argument;
  reset_between_barriers(team, threads);
  __atomic_store_n(&team->pending, (uint32_t)threads - 1, __ATOMIC_RELEASE);
  call(team, threads);
  job(argument, 0, threads);
  for (uint32_t left; (left = load(&team->pending)) != 0;) wait_while(team, &team->pending, left, &team->caller_sleeps);
  measure(team, threads, begun);
}

/* Whether a generation that is not the one seen has work for the thread. */
static int is_called(struct team *team, int thread, uint64_t *seen) {
  uint64_t generation = __atomic_load_n(&team->generation, __ATOMIC_SEQ_CST);
  if (generation == *seen) return 0;
  *seen = generation;
  return thread < (int)(generation & ((1 << THREADS_BITS) - 1));
}

static void wait_for_job(struct team *team, int thread, uint64_t *seen) {
  for (;;) {
    for (int spins = spins_now(team); spins > 0; spins--, relax())
      if (is_called(team, thread, seen)) return;
    uint32_t *asleep = &team->asleep[thread];
    __atomic_add_fetch(&team->sleepers, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(asleep, 1, __ATOMIC_SEQ_CST);
    int called = is_called(team, thread, seen);
    while (!called && __atomic_load_n(asleep, __ATOMIC_SEQ_CST)) futex_wait(asleep, 1);
    __atomic_store_n(asleep, 0, __ATOMIC_SEQ_CST);
    __atomic_sub_fetch(&team->sleepers, 1, __ATOMIC_SEQ_CST);
    if (called) return;
  }
}

void team_work(struct team *team, int thread, uint64_t seen) {
  for (;;) {
    wait_for_job(team, thread, &seen);
    if (load(&team->stopping)) break;
    team->job(team->argument, thread, (int)(seen & ((1 << THREADS_BITS) - 1)));
    finish(team);
  }
  finish(team);
}

void team_stop(struct team *team) {
  __atomic_store_n(&team->pending, (uint32_t)team->workers, __ATOMIC_RELEASE);
  __atomic_store_n(&team->stopping, 1, __ATOMIC_RELEASE);
  call(team, team->workers + 1);
}

void team_barrier(struct team *team, int threads) {
  if (threads <= 1) return;
  uint32_t phase = load(&team->phase);
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == (uint32_t)threads) {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
    reset_between_barriers(team, threads);
    change(&team->phase, phase + 1, &team->waiters);
    return;
  }
  wait_while(team, &team->phase, phase, &team->waiters);
}

int team_take_idle(struct team *team, int threads) {
  if (__atomic_load_n(&team->idle, __ATOMIC_RELAXED) == 0) return -1;
  for (int i = 0; i < threads; i++) {
    uint32_t idle = SLOT_IDLE;
    if (load(&team->slots[i]) != SLOT_IDLE || !__atomic_compare_exchange_n(&team->slots[i], &idle, SLOT_TAKEN, 0,
                                                                           __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      continue;
    __atomic_sub_fetch(&team->idle, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&team->busy, 1, __ATOMIC_RELAXED);
    return i;
  }
  return -1;
}

void team_give(struct team *team, int to) { change(&team->slots[to], SLOT_FILLED, &team->idle_sleepers); }

int team_wait_for_work(struct team *team, int thread) {
  uint32_t *slot = &team->slots[thread], state;
  __atomic_store_n(slot, SLOT_IDLE, __ATOMIC_RELEASE);
  __atomic_add_fetch(&team->idle, 1, __ATOMIC_RELEASE);
  /* Who is the last to have no work ends the waiting of all: no thread is left that could give some. */
  if (__atomic_sub_fetch(&team->busy, 1, __ATOMIC_ACQ_REL) == 0) {
    for (int i = 0; i < MOST_THREADS; i++)
      if (load(&team->slots[i]) == SLOT_IDLE) change(&team->slots[i], SLOT_CLOSED, &team->idle_sleepers);
    return 0;
  }
  while ((state = load(slot)) == SLOT_IDLE || state == SLOT_TAKEN) wait_while(team, slot, state, &team->idle_sleepers);
  if (state == SLOT_CLOSED) return 0;
  __atomic_store_n(slot, SLOT_BUSY, __ATOMIC_RELAXED);
  return 1;
}
