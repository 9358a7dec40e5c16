/* Threads and locks of the operating system, for the addon. */
#ifndef RECURRA_THREADS_H
#define RECURRA_THREADS_H

/* What a thread runs, and with what; it outlives the thread. */
struct errand {
  void (*run)(void *argument);
  void *argument;
};

#if defined(_WIN32)
#include <windows.h>

typedef HANDLE thread;
typedef SRWLOCK lock;
#define LOCK_INITIALIZER SRWLOCK_INIT
static inline void lock_take(lock *at) { AcquireSRWLockExclusive(at); }
static inline void lock_give(lock *at) { ReleaseSRWLockExclusive(at); }

static DWORD WINAPI thread_main(void *argument) {
  const struct errand *errand = argument;
  errand->run(errand->argument);
  return 0;
}
/* 0 where the system gives no more threads. */
static inline int thread_start(thread *at, struct errand *errand) {
  return (*at = CreateThread(NULL, 0, thread_main, errand, 0, NULL)) != NULL;
}
static inline void thread_join(thread each) {
  WaitForSingleObject(each, INFINITE);
  CloseHandle(each);
}

#else
#include <pthread.h>

typedef pthread_t thread;
typedef pthread_mutex_t lock;
#define LOCK_INITIALIZER PTHREAD_MUTEX_INITIALIZER
static inline void lock_take(lock *at) { pthread_mutex_lock(at); }
static inline void lock_give(lock *at) { pthread_mutex_unlock(at); }

static void *thread_main(void *argument) {
  const struct errand *errand = argument;
  errand->run(errand->argument);
  return NULL;
}
static inline int thread_start(thread *at, struct errand *errand) {
  return pthread_create(at, NULL, thread_main, errand) == 0;
}
static inline void thread_join(thread each) { pthread_join(each, NULL); }
#endif

#endif
