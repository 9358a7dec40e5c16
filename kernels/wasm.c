/* The door to WebAssembly: one memory, imported, in which everything lives; one team, whose workers JavaScript starts.
 * Stacks are the caller's business: each worker sets __stack_pointer before it calls recurra_work. */
#include "context.h"

#define EXPORT(name) __attribute__((export_name(#name), visibility("default"), used)) name

extern const struct unit recurra_unit_wasm;

static struct team team;
static int team_threads = 1;

/* Says how many threads a kernel may use; threads - 1 workers must come to recurra_work. */
void EXPORT(recurra_open)(int threads) {
  team_threads = threads;
  team.workers = threads - 1;
}
int EXPORT(recurra_panel)(void) { return recurra_unit_wasm.panel; }
void EXPORT(recurra_run)(uint32_t kernel, place record) {
  unit_run(&recurra_unit_wasm, &team, team_threads, 0, kernel, record);
}
double EXPORT(recurra_workspace)(uint32_t kernel, place record) {
  return (double)unit_workspace(&recurra_unit_wasm, team_threads, 0, kernel, record);
}
/* A worker's life; it ends after recurra_stop. */
void EXPORT(recurra_work)(int thread) { team_work(&team, thread, 0); }
void EXPORT(recurra_stop)(void) { team_stop(&team); }

/* What the compiler may call where there is no library. */
void *memcpy(void *restrict to, const void *restrict from, unsigned long count) {
  return __builtin_memcpy(to, from, count);
}
void *memset(void *to, int value, unsigned long count) { return __builtin_memset(to, value, count); }
