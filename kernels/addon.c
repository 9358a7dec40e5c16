/* The door to Node (Node-API 8). The addon computes in the heap of JavaScript, a WebAssembly.Memory whose address it
 * takes again after every grow.
 *
 * State: each open heap has its own record; the team of threads is one for the process. It belongs to one caller at a
 * time: a second one, in another worker, finds it busy and runs alone. */
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "context.h"
#include "host.h"
#include "processor.h"
#include "threads.h"

#if defined(__x86_64__)
extern const struct unit recurra_unit_sse2, recurra_unit_avx2, recurra_unit_avx512, recurra_unit_avx512_pairs;
#elif defined(__aarch64__)
extern const struct unit recurra_unit_neon;
#else
#error "no unit for this processor"
#endif

/* What this processor and its operating system run, best first; the pairs last, as they are for tests. */
static int supported_units(const struct unit **units) {
  int count = 0;
#if defined(__x86_64__)
  const struct processor has = ask_processor();
  if (has.avx512) units[count++] = &recurra_unit_avx512;
  if (has.avx2) units[count++] = &recurra_unit_avx2;
  units[count++] = &recurra_unit_sse2;
  if (has.avx2) units[count++] = &recurra_unit_avx512_pairs;
#else
  units[count++] = &recurra_unit_neon;
#endif
  return count;
}

static lock door = LOCK_INITIALIZER; /* guards what follows, not the work itself */
static struct team team;
static struct worker {
  thread thread;
  struct errand errand;
  int number;
  uint64_t seen; /* the generation at its birth */
} workers[MOST_THREADS];
static int environments;
static char busy; /* held for the length of a kernel */

static void work(void *argument) {
  const struct worker *worker = argument;
  team_work(&team, worker->number, worker->seen);
}

/* Brings the team to `threads`, the caller counted; fewer where the system gives no more. */
static void enlarge_team(int threads) {
  while (team.workers < threads - 1 && team.workers < MOST_THREADS - 1) {
    struct worker *worker = &workers[team.workers];
    worker->errand = (struct errand){work, worker};
    worker->number = team.workers + 1;
    worker->seen = team.generation;
    if (!thread_start(&worker->thread, &worker->errand)) return;
    team.workers++;
  }
}

/* The last environment to go takes the threads along, so that the library may be unloaded. */
static void leave(void *unused) {
  (void)unused;
  lock_take(&door);
  if (--environments == 0 && team.workers > 0) {
    team_stop(&team);
    for (int i = 0; i < team.workers; i++) thread_join(workers[i].thread);
    memset(&team, 0, sizeof team);
  }
  lock_give(&door);
}

struct heap {
  const struct unit *unit;
  int threads;
  char *base;
  size_t bytes;
};

static napi_value fault(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

/* Kernels walk through megabytes by rows and panels; with pages of 2 MB instead of 4 kB the processor looks up far fewer
 * addresses. A wish: a system that does not grant it is as right. The heap begins at a page. */
static void wish_for_large_pages(char *base, size_t bytes) {
#if defined(__linux__)
  madvise(base, bytes, MADV_HUGEPAGE);
#else
  (void)base, (void)bytes;
#endif
}

static int take_address(napi_env env, napi_value view, struct heap *heap) {
  napi_typedarray_type type;
  void *data = NULL;
  size_t length = 0;
  if (napi_get_typedarray_info(env, view, &type, &length, &data, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    fault(env, "addon: attach needs a Uint8Array over the heap");
    return 0;
  }
  heap->base = data;
  heap->bytes = length;
  wish_for_large_pages(data, length);
  return 1;
}

/* Reads (kernel, record) and checks them: a stray number must not become a stray write. */
static struct heap *arguments(napi_env env, napi_callback_info info, uint32_t *kernel, uint32_t *record) {
  size_t count = 2;
  napi_value values[2];
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, values, NULL, &data) != napi_ok || count < 2 ||
      napi_get_value_uint32(env, values[0], kernel) != napi_ok || napi_get_value_uint32(env, values[1], record) != napi_ok)
    return (void *)fault(env, "addon: run needs a kernel's number and a record's place");
  struct heap *heap = data;
  if (*kernel >= KERNEL_COUNT || (size_t)*record + RECORD_BYTES > heap->bytes)
    return (void *)fault(env, "addon: no such kernel, or a record outside the heap");
  return heap;
}

static napi_value run(napi_env env, napi_callback_info info) {
  uint32_t kernel, record;
  struct heap *heap = arguments(env, info, &kernel, &record);
  if (!heap) return NULL;
  int mine = heap->threads > 1 && !__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE);
  unit_run(heap->unit, &team, mine ? heap->threads : 1, heap->base, kernel, record);
  if (mine) __atomic_clear(&busy, __ATOMIC_RELEASE);
  return NULL;
}

static napi_value workspace(napi_env env, napi_callback_info info) {
  uint32_t kernel, record;
  struct heap *heap = arguments(env, info, &kernel, &record);
  napi_value bytes = NULL;
  if (heap) napi_create_double(env, (double)unit_workspace(heap->unit, heap->threads, heap->base, kernel, record), &bytes);
  return bytes;
}

struct copying {
  char *to;
  const char *from;
  size_t bytes;
};

static void copy_share(void *argument, int thread, int threads) {
  const struct copying *all = argument;
  size_t page = 4096, pages = (all->bytes + page - 1) / page, from = pages * thread / threads * page;
  size_t to = pages * (thread + 1) / threads * page;
  if (to > all->bytes) to = all->bytes;
  if (from < to) memcpy(all->to + from, all->from + from, to - from);
}

/* copy(place, array, out): the heap at `place` from a Float32Array outside of it, or into it. */
static napi_value copy(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0;
  napi_value values[3];
  napi_typedarray_type type;
  void *data = NULL, *outside = NULL;
  uint32_t place;
  bool out;
  if (napi_get_cb_info(env, info, &count, values, NULL, &data) != napi_ok || count < 3 ||
      napi_get_value_uint32(env, values[0], &place) != napi_ok ||
      napi_get_typedarray_info(env, values[1], &type, &length, &outside, NULL, NULL) != napi_ok ||
      type != napi_float32_array || napi_get_value_bool(env, values[2], &out) != napi_ok)
    return fault(env, "addon: copy needs a place, a Float32Array and a direction");
  struct heap *heap = data;
  if (place > heap->bytes || length > (heap->bytes - place) / 4) return fault(env, "addon: copy past the end of the heap");
  char *inside = heap->base + place;
  struct copying all = {out ? outside : inside, out ? inside : outside, length * 4};
  int mine = heap->threads > 1 && !__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE);
  if (mine) {
    team_run(&team, heap->threads, copy_share, &all);
    __atomic_clear(&busy, __ATOMIC_RELEASE);
  } else copy_share(&all, 0, 1);
  return NULL;
}

static napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value view;
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, &view, NULL, &data) == napi_ok && count == 1) take_address(env, view, data);
  return NULL;
}

static void forget_heap(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  free(data);
}

static void put(napi_env env, napi_value object, const char *name, napi_callback callback, void *data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, object, name, function);
}

/* open(instructionSet, threads, view) → { panel, run, workspace, copy, attach }. The functions share one record, which
 * goes with the object: whoever keeps a function keeps the object. */
static napi_value open_heap(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0;
  napi_value values[3], object, panel;
  char name[32];
  int32_t threads;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count < 3 ||
      napi_get_value_string_utf8(env, values[0], name, sizeof name, &length) != napi_ok ||
      napi_get_value_int32(env, values[1], &threads) != napi_ok)
    return fault(env, "addon: open needs an instruction set, a number of threads and a Uint8Array over the heap");
  const struct unit *units[8], *unit = NULL;
  for (int i = supported_units(units) - 1; i >= 0; i--) if (!strcmp(units[i]->name, name)) unit = units[i];
  if (!unit) return fault(env, "addon: this processor does not run that instruction set");
  struct heap *heap = calloc(1, sizeof *heap);
  if (!heap) return fault(env, "addon: out of memory");
  heap->unit = unit;
  heap->threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
  if (!take_address(env, values[2], heap)) {
    free(heap);
    return NULL;
  }
  lock_take(&door);
  while (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE)) {}
  enlarge_team(heap->threads);
  if (heap->threads > team.workers + 1) heap->threads = team.workers + 1;
  __atomic_clear(&busy, __ATOMIC_RELEASE);
  lock_give(&door);
  napi_create_object(env, &object);
  napi_wrap(env, object, heap, forget_heap, NULL, NULL);
  napi_create_int32(env, unit->panel, &panel);
  napi_set_named_property(env, object, "panel", panel);
  put(env, object, "run", run, heap);
  put(env, object, "workspace", workspace, heap);
  put(env, object, "copy", copy, heap);
  put(env, object, "attach", attach, heap);
  return object;
}

NAPI_MODULE_INIT() {
  const struct unit *units[8];
  int count = supported_units(units);
  napi_value names;
  napi_create_array_with_length(env, (size_t)count, &names);
  for (int i = 0; i < count; i++) {
    napi_value name;
    napi_create_string_utf8(env, units[i]->name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, (uint32_t)i, name);
  }
  napi_set_named_property(env, exports, "instructionSets", names);
  put(env, exports, "open", open_heap, NULL);
  lock_take(&door);
  environments++;
  lock_give(&door);
  napi_add_env_cleanup_hook(env, leave, NULL);
  return exports;
}
