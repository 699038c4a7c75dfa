// Counts the allocations of the program that it is linked into, by taking the places of malloc and its kin. glibc only: elsewhere
// nothing is counted and `mc_is_available` says so.
#ifndef MALLOC_COUNTER_H
#define MALLOC_COUNTER_H

#include <stddef.h>
#include <stdint.h>

// Whether allocations are counted in this program: one is made and seen.
int mc_is_available(void);

// Forgets what was counted, and counts from now on, on all threads.
void mc_start(void);
void mc_stop(void);

// Calls since the last start, each realloc as one, and the bytes that they asked for.
uint64_t mc_allocations(void);
uint64_t mc_bytes(void);

// How many of them were kept with the calls that led there: the first ones since the start.
int mc_kept(void);
// Fills in the return addresses of one of these, the innermost first, and returns how many there are.
int mc_stack(int index, void **frames, int capacity, size_t *bytes);

// The file that holds the code at `address` (NULL if unknown), and where the address lies in it.
const char *mc_object(const void *address, uintptr_t *offset);

#endif
