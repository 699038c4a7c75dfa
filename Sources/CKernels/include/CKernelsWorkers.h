/// Threads that share work cut into pieces.
#ifndef CKERNELS_WORKERS_H
#define CKERNELS_WORKERS_H

#include <stddef.h>
#include <stdint.h>

#define CK_SWIFT __attribute__((swiftcall))

/// A Swift closure `(Int) -> Void` is a function and its context, which Swift passes in a register of its own.
typedef CK_SWIFT void ck_piece_body(intptr_t piece, __attribute__((swift_context)) void *context);

/// Calls `body` once for each of `pieces` pieces, on the calling thread and on at most `threads` − 1 others, and returns when all are done.
///
/// The others are kept for the next call, asleep when there is none for a while, and are at most one fewer than the CPUs that the process may use: where
/// none is free, as within a piece of another call or beside it, the calling thread does more of the work. They flush denormals; the
/// calling thread's mode is left to the caller. Nothing is allocated, but by the first calls, which start the threads.
///
/// To be declared in Swift as `func (_ threads: Int, _ pieces: Int, _ body: (Int) -> Void)`: so a closure reaches other threads without a copy on the heap,
/// which a conversion to one that may escape, or to a block, would make.
CK_SWIFT void ck_for_each_piece(intptr_t threads, intptr_t pieces, ck_piece_body *body, void *context);

/// How many threads the calls have started so far.
size_t ck_started_threads(void);

#endif
