/// Selecting scores without sorting them.
#ifndef CKERNELS_SELECTION_H
#define CKERNELS_SELECTION_H

#include <stddef.h>
#include <stdint.h>

/// Scores by the upper half of a key whose order as an unsigned integer is that of the scores: −0 has the key of 0. Selections that need no sorting
/// count how many scores share an upper half, and then look at those alone that share it with a wanted one.
#define CK_KEYS 65536

/// For every score, adds 1 to the counter of its key's upper half, in either of two arrays of CK_KEYS counters, the second behind the first, so that
/// equal scores need not wait for each other: their sum counts. At most 2³² − 1 scores. Returns the place of the first block of scores that holds a NaN, whose
/// scores and those after it are not counted; `n` where there is none.
size_t ck_count_keys_f32(const float *x, size_t n, uint32_t *counters);

/// Copies the scores whose key's upper half is marked to `selected`, in their order, and returns how many they are. Half k is marked by bit k % 64 of
/// `marks[k / 64]`. At most n are written, and `selected` must have room for n. No score is NaN.
size_t ck_select_keys_f32(const float *x, size_t n, const uint64_t *marks, float *selected);

#endif
