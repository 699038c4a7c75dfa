/// Elementwise kernels that must be fast on any CPU.
///
/// Every function is compiled for several instruction sets and chosen at run time. All variants perform the same
/// IEEE operations in the same order (sixteen float or eight double lanes, no fused multiply-add, a fixed tree at
/// the end), so results have the same bits on every CPU; only the speed differs.
///
/// Pointers need no particular alignment. Counts may be 0.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsHistogram.h"
#include "CKernelsLosses.h"
#include "CKernelsMargins.h"
#include "CKernelsSkipping.h"
#include "CKernelsScreening.h"
#include "CKernelsSelection.h"
#include "CKernelsTraining.h"
#include "CKernelsWorkers.h"

/// x[i] ← exp(x[i]). Largest error: float 1.03 ulp (of all arguments), double 0.98 ulp (of 10⁸ random ones).
/// Where the result lies below the smallest normal number: 0; above the largest finite one: +infinity. NaN stays NaN.
void ck_exp_f32(float *x, size_t n);
void ck_exp_f64(double *x, size_t n);

/// The largest element. NaN elements are passed over; −infinity where there is no other.
float ck_max_f32(const float *x, size_t n);
double ck_max_f64(const double *x, size_t n);

/// x[i] ← exp(scale·x[i] − shift); returns the sum of the results.
float ck_exp_sum_f32(float *x, size_t n, float scale, float shift);
double ck_exp_sum_f64(double *x, size_t n, double scale, double shift);

/// x[i] ← factor·x[i].
void ck_scale_f32(float *x, size_t n, float factor);
void ck_scale_f64(double *x, size_t n, double factor);

/// Σ x[i]·y[i].
float ck_dot_f32(const float *x, const float *y, size_t n);
double ck_dot_f64(const double *x, const double *y, size_t n);

/// The same with the instructions of a vector level of our choice, at most `ck_vector_level()`. They exist so that the
/// equality of the variants can be tested.
void ck_exp_f32_at(int level, float *x, size_t n);
void ck_exp_f64_at(int level, double *x, size_t n);
float ck_max_f32_at(int level, const float *x, size_t n);
double ck_max_f64_at(int level, const double *x, size_t n);
float ck_exp_sum_f32_at(int level, float *x, size_t n, float scale, float shift);
double ck_exp_sum_f64_at(int level, double *x, size_t n, double scale, double shift);
void ck_scale_f32_at(int level, float *x, size_t n, float factor);
void ck_scale_f64_at(int level, double *x, size_t n, double factor);
float ck_dot_f32_at(int level, const float *x, const float *y, size_t n);
double ck_dot_f64_at(int level, const double *x, const double *y, size_t n);

/// Reads and writes the control word that flushes denormals (x86 MXCSR, arm64 FPCR). Other CPUs: 0 and no effect.
uint64_t ck_get_float_control(void);
void ck_set_float_control(uint64_t value);
/// The control word `value` with flush-to-zero (and denormals-are-zero on x86) added.
uint64_t ck_with_flushed_denormals(uint64_t value);

/// 2 when the CPU has the AVX-512 subset of the SkylakeX kernels, 1 when it has AVX2 and FMA, else 0.
int ck_vector_level(void);

/// A chain of independent fused multiply-adds in registers with the widest unit the kernels use; returns the
/// number of floating-point operations done. For measuring the CPU's peak; `sink` receives a value that depends on
/// all of them.
uint64_t ck_fma_burn(uint64_t iterations, float *sink);

#endif
