#define _GNU_SOURCE
#include "malloc_counter.h"

#include <stdlib.h>

#if defined(__linux__) && defined(__GLIBC__)

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <string.h>

// What glibc's own functions call.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { KEPT = 1 << 16, DEPTH = 32 };

typedef struct {
  int depth;
  size_t bytes;
  void *frames[DEPTH];
} Stack;

static atomic_int counting;
static atomic_ullong allocations, bytes;
static atomic_int kept;
static Stack stacks[KEPT];
// What a count allocates itself is not counted. In the executable's own block of thread-local memory, which takes no allocation.
static __thread int inside __attribute__((tls_model("initial-exec")));

__attribute__((noinline)) static void note(size_t size) {
  if (!atomic_load_explicit(&counting, memory_order_relaxed) || inside) return;
  inside = 1;
  atomic_fetch_add(&allocations, 1);
  atomic_fetch_add(&bytes, size);
  int place = atomic_load(&kept) < KEPT ? atomic_fetch_add(&kept, 1) : KEPT;
  if (place < KEPT) {
    stacks[place].depth = backtrace(stacks[place].frames, DEPTH);
    stacks[place].bytes = size;
  }
  inside = 0;
}

void *malloc(size_t size) {
  note(size);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(count * size);
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  note(size);
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  note(size);
  if (alignment < sizeof(void *) || (alignment & (alignment - 1))) return EINVAL;
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

void mc_start(void) {
  // The first backtrace loads a library, which allocates.
  void *frames[2];
  backtrace(frames, 2);
  atomic_store(&allocations, 0);
  atomic_store(&bytes, 0);
  atomic_store(&kept, 0);
  atomic_store(&counting, 1);
}

void mc_stop(void) { atomic_store(&counting, 0); }

uint64_t mc_allocations(void) { return atomic_load(&allocations); }

uint64_t mc_bytes(void) { return atomic_load(&bytes); }

int mc_kept(void) {
  int count = atomic_load(&kept);
  return count < KEPT ? count : KEPT;
}

int mc_stack(int index, void **frames, int capacity, size_t *size) {
  if (index < 0 || index >= mc_kept()) return 0;
  int count = stacks[index].depth < capacity ? stacks[index].depth : capacity;
  memcpy(frames, stacks[index].frames, (size_t)count * sizeof(void *));
  *size = stacks[index].bytes;
  return count;
}

const char *mc_object(const void *address, uintptr_t *offset) {
  Dl_info info;
  if (!dladdr(address, &info)) return NULL;
  *offset = (uintptr_t)address - (uintptr_t)info.dli_fbase;
  return info.dli_fname;
}

int mc_is_available(void) {
  mc_start();
  // Volatile, else the compiler leaves out both calls.
  void *volatile memory = malloc(1);
  mc_stop();
  free(memory);
  return mc_allocations() > 0;
}

#else

int mc_is_available(void) { return 0; }
void mc_start(void) {}
void mc_stop(void) {}
uint64_t mc_allocations(void) { return 0; }
uint64_t mc_bytes(void) { return 0; }
int mc_kept(void) { return 0; }
int mc_stack(int index, void **frames, int capacity, size_t *bytes) {
  (void)index, (void)frames, (void)capacity, (void)bytes;
  return 0;
}
const char *mc_object(const void *address, uintptr_t *offset) {
  (void)address, (void)offset;
  return NULL;
}

#endif
