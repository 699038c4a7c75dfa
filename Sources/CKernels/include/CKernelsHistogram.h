/// Counting scores by bins.
#ifndef CKERNELS_HISTOGRAM_H
#define CKERNELS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/// How many bins `ck_count_bins_f32` counts in, and how many counters it has for each: neighbouring scores use different ones,
/// since one counter raised twice in a row waits for itself.
#define CK_BINS 256
#define CK_BIN_COUNTERS 4

/// Counts each x in the bin ⌊scale·x⌋ + 128 of `counters`, CK_BIN_COUNTERS times CK_BINS of them one after the other: which of the bin's counters is raised is not
/// told. Stops at the first x that is in none of the 256 bins, NaN included; returns how many were counted. `scale` must be a power of
/// two, so that no product is rounded.
size_t ck_count_bins_f32(const float *x, size_t n, float scale, int64_t *counters);

/// The same with the instructions of a vector level, at most `ck_vector_level()`.
size_t ck_count_bins_f32_at(int level, const float *x, size_t n, float scale, int64_t *counters);

#endif
