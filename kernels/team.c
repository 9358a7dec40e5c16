/* The team: workers spin briefly for the next job, then sleep. The same source serves threads of the operating system
 * (addon.c makes them) and workers of a page or of Node that run the wasm build. */
#if defined(__linux__)
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#elif defined(_WIN32)
#include <windows.h>
#elif !defined(__wasm__)
#include <pthread.h>
#include <sched.h>
#include <time.h>
#endif
#include "team.h"

/* A quarter of a millisecond: longer than the JavaScript between two kernels or two steps, shorter than anyone would notice.
 * A turn is ten times as short in wasm, which has no instruction to pause. */
#if defined(__wasm__)
#define TURNS 10
#else
#define TURNS 1
#endif
#define SPINS (8000 * TURNS)
/* A barrier is met within microseconds unless there are more threads than processors. */
#define BARRIER_SPINS (2000 * TURNS)

static inline uint32_t read_now(uint32_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#if defined(__wasm__)
/* Functions of their own: the baseline compiler of V8 11 (Node 20) does not keep a caller's locals across the wait, and
 * a thread then leaves a barrier alone. */
#define APART __attribute__((noinline)) static
APART void sleep_while(uint32_t *at, uint32_t value) {
  __builtin_wasm_memory_atomic_wait32((int *)at, (int)value, -1);
}
APART void wake(uint32_t *at) { __builtin_wasm_memory_atomic_notify((int *)at, MOST_THREADS); }
APART void give_way(uint32_t *at, uint32_t value) {
  __builtin_wasm_memory_atomic_wait32((int *)at, (int)value, 50000);
}
#elif defined(__linux__)
static void sleep_while(uint32_t *at, uint32_t value) {
  syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}
static void wake(uint32_t *at) { syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, MOST_THREADS, NULL, NULL, 0); }
static void give_way(uint32_t *at, uint32_t value) { (void)at, (void)value, sched_yield(); }
#elif defined(_WIN32)
static void sleep_while(uint32_t *at, uint32_t value) { WaitOnAddress(at, &value, sizeof value, INFINITE); }
static void wake(uint32_t *at) { WakeByAddressAll(at); }
static void give_way(uint32_t *at, uint32_t value) { (void)at, (void)value, SwitchToThread(); }
#else
static pthread_mutex_t bed = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t alarm_clock = PTHREAD_COND_INITIALIZER;
static void sleep_while(uint32_t *at, uint32_t value) {
  pthread_mutex_lock(&bed);
  while (read_now(at) == value) pthread_cond_wait(&alarm_clock, &bed);
  pthread_mutex_unlock(&bed);
}
static void wake(uint32_t *at) {
  (void)at;
  pthread_mutex_lock(&bed);
  pthread_cond_broadcast(&alarm_clock);
  pthread_mutex_unlock(&bed);
}
static void give_way(uint32_t *at, uint32_t value) { (void)at, (void)value, sched_yield(); }
#endif

/* What holds between two barriers only. */
static void begin_stretch(struct team *team, int threads) {
  for (int i = 0; i < threads; i++) team->begun[i] = 0, team->hands[i] = HAND_FULL;
  team->busy = (uint32_t)threads;
  team->idle = 0;
}

/* Gives out a job. Either this sees that a worker has gone to sleep, or the worker, which says so before it looks once
 * more, sees the new generation. */
static void call(struct team *team) {
  __atomic_add_fetch(&team->generation, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->sleepers, __ATOMIC_SEQ_CST) != 0) wake(&team->generation);
}

void team_run(struct team *team, int threads, void (*job)(void *, int, int), void *argument) {
  if (threads > team->workers + 1) threads = team->workers + 1;
  if (threads <= 1) {
    job(argument, 0, 1);
    return;
  }
  team->threads = threads;
  team->job = job;
  team->argument = argument;
  begin_stretch(team, threads);
  __atomic_store_n(&team->pending, (uint32_t)team->workers, __ATOMIC_RELEASE);
  call(team);
  job(argument, 0, threads);
  for (uint32_t spins = 0, left; (left = read_now(&team->pending)) != 0; spins++) {
    if (spins < BARRIER_SPINS) relax();
    else give_way(&team->pending, left);
  }
}

void team_work(struct team *team, int thread, uint32_t seen) {
  for (;;) {
    for (int spins = 0; spins < SPINS && read_now(&team->generation) == seen; spins++) relax();
    if (read_now(&team->generation) == seen) {
      __atomic_add_fetch(&team->sleepers, 1, __ATOMIC_SEQ_CST);
      while (__atomic_load_n(&team->generation, __ATOMIC_SEQ_CST) == seen) sleep_while(&team->generation, seen);
      __atomic_sub_fetch(&team->sleepers, 1, __ATOMIC_SEQ_CST);
    }
    seen = read_now(&team->generation);
    if (read_now(&team->stopping)) break;
    if (thread < team->threads) team->job(team->argument, thread, team->threads);
    __atomic_sub_fetch(&team->pending, 1, __ATOMIC_RELEASE);
  }
  __atomic_sub_fetch(&team->pending, 1, __ATOMIC_RELEASE);
}

void team_stop(struct team *team) {
  __atomic_store_n(&team->pending, (uint32_t)team->workers, __ATOMIC_RELEASE);
  __atomic_store_n(&team->stopping, 1, __ATOMIC_RELEASE);
  call(team);
}

void team_barrier(struct team *team, int threads) {
  if (threads <= 1) return;
  uint32_t phase = read_now(&team->phase);
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == (uint32_t)threads) {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
    begin_stretch(team, threads);
    __atomic_store_n(&team->phase, phase + 1, __ATOMIC_RELEASE);
    return;
  }
  for (uint32_t spins = 0; read_now(&team->phase) == phase; spins++) {
    if (spins < BARRIER_SPINS) relax();
    else give_way(&team->phase, phase);
  }
}

int team_asks(struct team *team, int threads) {
  if (__atomic_load_n(&team->idle, __ATOMIC_RELAXED) == 0) return -1;
  for (int i = 0; i < threads; i++) {
    uint32_t open = HAND_OPEN;
    if (read_now(&team->hands[i]) != HAND_OPEN || !__atomic_compare_exchange_n(&team->hands[i], &open, HAND_TAKEN, 0,
                                                                              __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      continue;
    __atomic_sub_fetch(&team->idle, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&team->busy, 1, __ATOMIC_RELAXED);
    return i;
  }
  return -1;
}

void team_hand_over(struct team *team, int to) { __atomic_store_n(&team->hands[to], HAND_FILLED, __ATOMIC_RELEASE); }

int team_ask(struct team *team, int thread) {
  uint32_t *hand = &team->hands[thread];
  __atomic_store_n(hand, HAND_OPEN, __ATOMIC_RELEASE);
  __atomic_add_fetch(&team->idle, 1, __ATOMIC_RELEASE);
  __atomic_sub_fetch(&team->busy, 1, __ATOMIC_ACQ_REL);
  for (uint32_t spins = 0; read_now(hand) != HAND_FILLED; spins++) {
    if (read_now(&team->busy) == 0) return 0;
    if (spins < BARRIER_SPINS) relax();
    else give_way(hand, HAND_OPEN);
  }
  __atomic_store_n(hand, HAND_FULL, __ATOMIC_RELAXED);
  return 1;
}
