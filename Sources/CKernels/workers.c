#define _GNU_SOURCE
#include "CKernels.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// The work of one call.
typedef struct {
  ck_piece_body *body;
  void *context;
  intptr_t pieces;
  // The first piece that nobody has taken.
  atomic_intptr_t next;
} Job;

// Posted by the caller, running and finished by the thread; the caller takes back what the thread has not begun.
enum { IDLE, POSTED, RUNNING, FINISHED };

// A thread that is kept. Nothing is ever freed: a late look at its own flags is no harm.
typedef struct Helper {
  _Alignas(64) atomic_int state;
  // Whether the thread sleeps until something is posted, and a caller until it is finished.
  atomic_int sleeps, awaited;
  Job *job;
  pthread_mutex_t mutex;
  pthread_cond_t posted, finished;
  // In the list of the free ones or of one call's.
  struct Helper *next;
} Helper;

static pthread_mutex_t pool = PTHREAD_MUTEX_INITIALIZER;
static Helper *free_helpers;
static size_t started;
// One fewer than the CPUs; negative before it is known, 0 where no thread can be started.
static intptr_t limit = -1;

static void work(Job *job) {
  for (;;) {
    intptr_t piece = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
    if (piece >= job->pieces) return;
    job->body(piece, job->context);
  }
}

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// The next region of a step begins within microseconds, far sooner than a sleeping thread wakes. So both sides look for a while before they sleep: first
// without leaving the CPU, then leaving it to whoever else may run.
enum { LOOK_NANOSECONDS = 20000, YIELD_NANOSECONDS = 200000 };

// Whether `state` has become `wanted` before it is time to sleep.
static int appears(atomic_int *state, int wanted) {
  int64_t start = nanoseconds();
  for (;;) {
    for (int turn = 0; turn < 32; turn++) {
      if (atomic_load_explicit(state, memory_order_acquire) == wanted) return 1;
      relax();
    }
    int64_t passed = nanoseconds() - start;
    if (passed > YIELD_NANOSECONDS) return 0;
    if (passed > LOOK_NANOSECONDS) sched_yield();
  }
}

static int begins(Helper *self) {
  int posted = POSTED;
  return atomic_compare_exchange_strong(&self->state, &posted, RUNNING);
}

static void *help(void *argument) {
  Helper *self = argument;
  ck_set_float_control(ck_with_flushed_denormals(ck_get_float_control()));
  for (;;) {
    while (appears(&self->state, POSTED)) {
      if (!begins(self)) continue;
      work(self->job);
      atomic_store(&self->state, FINISHED);
      if (atomic_load(&self->awaited)) {
        pthread_mutex_lock(&self->mutex);
        pthread_cond_signal(&self->finished);
        pthread_mutex_unlock(&self->mutex);
      }
    }
    pthread_mutex_lock(&self->mutex);
    atomic_store(&self->sleeps, 1);
    while (atomic_load(&self->state) != POSTED) pthread_cond_wait(&self->posted, &self->mutex);
    atomic_store(&self->sleeps, 0);
    pthread_mutex_unlock(&self->mutex);
  }
  return NULL;
}

static void post(Helper *helper, Job *job) {
  helper->job = job;
  atomic_store(&helper->state, POSTED);
  if (!atomic_load(&helper->sleeps)) return;
  pthread_mutex_lock(&helper->mutex);
  pthread_cond_signal(&helper->posted);
  pthread_mutex_unlock(&helper->mutex);
}

// Waits for what the helper has begun; what it has not begun is nothing any more, since no piece is left.
static void await(Helper *helper) {
  int posted = POSTED;
  if (atomic_compare_exchange_strong(&helper->state, &posted, IDLE)) return;
  if (!appears(&helper->state, FINISHED)) {
    pthread_mutex_lock(&helper->mutex);
    atomic_store(&helper->awaited, 1);
    while (atomic_load(&helper->state) != FINISHED) pthread_cond_wait(&helper->finished, &helper->mutex);
    atomic_store(&helper->awaited, 0);
    pthread_mutex_unlock(&helper->mutex);
  }
  atomic_store(&helper->state, IDLE);
}

static intptr_t usable_cpus(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return (intptr_t)sysconf(_SC_NPROCESSORS_ONLN);
}

// Starts a thread that gets no signals. NULL where there is none to be had.
static Helper *start(void) {
  Helper *helper = aligned_alloc(_Alignof(Helper), sizeof(Helper));
  if (!helper) return NULL;
  *helper = (Helper){.state = IDLE};
  pthread_mutex_init(&helper->mutex, NULL);
  pthread_cond_init(&helper->posted, NULL);
  pthread_cond_init(&helper->finished, NULL);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int failure = pthread_create(&thread, NULL, help, helper);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure) {
    free(helper);
    return NULL;
  }
  pthread_detach(thread);
  started++;
  return helper;
}

// Up to `count` free threads, as a list.
static Helper *take(intptr_t count) {
  Helper *taken = NULL;
  pthread_mutex_lock(&pool);
  if (limit < 0) limit = usable_cpus() - 1;
  for (; count > 0; count--) {
    Helper *helper = free_helpers;
    if (helper) {
      free_helpers = helper->next;
    } else {
      if ((intptr_t)started >= limit) break;
      helper = start();
      if (!helper) {
        // Not tried again at every call.
        limit = (intptr_t)started;
        break;
      }
    }
    helper->next = taken;
    taken = helper;
  }
  pthread_mutex_unlock(&pool);
  return taken;
}

static void give_back(Helper *taken) {
  Helper *last = taken;
  while (last->next) last = last->next;
  pthread_mutex_lock(&pool);
  last->next = free_helpers;
  free_helpers = taken;
  pthread_mutex_unlock(&pool);
}

CK_SWIFT void ck_for_each_piece(intptr_t threads, intptr_t pieces, ck_piece_body *body, void *context) {
  Job job = {body, context, pieces, 0};
  Helper *crew = take((threads < pieces ? threads : pieces) - 1);
  for (Helper *helper = crew; helper; helper = helper->next) post(helper, &job);
  work(&job);
  for (Helper *helper = crew; helper; helper = helper->next) await(helper);
  if (crew) give_back(crew);
}

size_t ck_started_threads(void) {
  pthread_mutex_lock(&pool);
  size_t count = started;
  pthread_mutex_unlock(&pool);
  return count;
}
