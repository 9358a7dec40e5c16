/* From a kernel's number and a record's place to the team at work. */
#include "context.h"

/* Waking the team and meeting again costs a few microseconds: below this much work the caller does it alone. */
#define WORTH_A_TEAM 16384

struct dispatch {
  kernel_function *kernel;
  const void *record;
  char *base;
  struct team *team;
};

static void run_share(void *argument, int thread, int threads) {
  const struct dispatch *d = argument;
  struct context context = {d->base, thread, threads, d->team};
  d->kernel(&context, d->record);
}

static int threads_for(const struct kernel_entry *entry, int threads, const void *record) {
  if (threads == 1 || (entry->work && entry->work(record) < WORTH_A_TEAM)) return 1;
  return entry->threads ? entry->threads(record, threads) : threads;
}

void unit_run(const struct unit *unit, struct team *team, int threads, char *base, uint32_t kernel, place record) {
  if (kernel >= KERNEL_COUNT) return;
  const struct kernel_entry *entry = &unit->kernels[kernel];
  struct dispatch d = {entry->run, base + record, base, team};
  threads = threads_for(entry, threads, d.record);
  if (threads > 1) team_run(team, threads, run_share, &d);
  else run_share(&d, 0, 1);
}

int64_t unit_workspace(const struct unit *unit, int threads, char *base, uint32_t kernel, place record) {
  if (kernel >= KERNEL_COUNT || !unit->kernels[kernel].workspace) return 0;
  return unit->kernels[kernel].workspace(base + record, threads);
}
