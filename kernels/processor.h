/* What the processor and its operating system run. Asked by hand, because not every compiler's __builtin_cpu_supports
 * has its library behind it: under zig it links and always says no. */
#ifndef RECURRA_PROCESSOR_H
#define RECURRA_PROCESSOR_H

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

struct processor {
  int avx2;   /* AVX2 and fused multiply-add */
  int avx512; /* F, VL, BW and DQ */
};

/* Whether the operating system saves these parts of the registers when it changes threads: bits of XCR0. */
static inline int saves(uint32_t parts) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & parts) == parts;
}

static inline struct processor ask_processor(void) {
  struct processor has = {0, 0};
  unsigned a, b, c, d;
  const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (fma | osxsave | avx)) != (fma | osxsave | avx)) return has;
  if (!saves(0x06) || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return has;
  has.avx2 = (b >> 5) & 1;
#if defined(__APPLE__)
  const int saves_wide = 1; /* Darwin begins to save them at their first use, and does not say so before */
#else
  const int saves_wide = saves(0xe6);
#endif
  const unsigned parts = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
  has.avx512 = has.avx2 && saves_wide && (b & parts) == parts;
  return has;
}
#endif

#endif
