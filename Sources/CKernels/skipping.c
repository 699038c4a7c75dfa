#include "CKernels.h"

// The same bits on every CPU: no contraction to fused multiply-add. The vectors are wider than the baseline's registers on purpose;
// nothing passes them through a real call, so the ABI note is moot.
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef double v8d __attribute__((vector_size(64)));
typedef int64_t v8i __attribute__((vector_size(64)));

#if defined(__x86_64__)
#define ENTRY_V4 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma")))
#define ENTRY_V3 __attribute__((target("avx2,fma")))
#endif
#define ENTRY_V1

#define T float
#define TI int32_t
#define V v16f
#define I v16i
#define L 16
#define MAGNITUDE 0x7fffffff
#define TARGET ENTRY_V1
#define NAME(x) f32_v1_##x
#define REGISTERS 2
#include "skipping_body.h"
#undef TARGET
#undef NAME
#undef REGISTERS
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f32_v3_##x
#define REGISTERS 4
#include "skipping_body.h"
#undef TARGET
#undef NAME
#undef REGISTERS
#define TARGET ENTRY_V4
#define NAME(x) f32_v4_##x
#define REGISTERS 8
#include "skipping_body.h"
#undef TARGET
#undef NAME
#undef REGISTERS
#endif
#undef T
#undef TI
#undef V
#undef I
#undef L
#undef MAGNITUDE

#define T double
#define TI int64_t
#define V v8d
#define I v8i
#define L 8
#define MAGNITUDE 0x7fffffffffffffff
#define TARGET ENTRY_V1
#define NAME(x) f64_v1_##x
#define REGISTERS 2
#include "skipping_body.h"
#undef TARGET
#undef NAME
#undef REGISTERS
#if defined(__x86_64__)
#define TARGET ENTRY_V3
#define NAME(x) f64_v3_##x
#define REGISTERS 4
#include "skipping_body.h"
#undef TARGET
#undef NAME
#undef REGISTERS
#define TARGET ENTRY_V4
#define NAME(x) f64_v4_##x
#define REGISTERS 8
#include "skipping_body.h"
#undef TARGET
#undef NAME
#undef REGISTERS
#endif
#undef T
#undef TI
#undef V
#undef I
#undef L
#undef MAGNITUDE

#if defined(__x86_64__)
#define DISPATCH(level, type, name, ...)                   \
  switch (level) {                                         \
    case 2: return type##_v4_##name(__VA_ARGS__);          \
    case 1: return type##_v3_##name(__VA_ARGS__);          \
    default: return type##_v1_##name(__VA_ARGS__);         \
  }
#else
#define DISPATCH(level, type, name, ...) \
  (void)level;                           \
  return type##_v1_##name(__VA_ARGS__);
#endif

#define UNPACK(...) __VA_ARGS__
#define ENTRY(R, S, name, parameters, ...)                                                               \
  R ck_##name##_##S##_at(int level, UNPACK parameters) { DISPATCH(level, S, name, __VA_ARGS__) }         \
  R ck_##name##_##S(UNPACK parameters) { return ck_##name##_##S##_at(ck_vector_level(), __VA_ARGS__); }

#define ENTRIES(T, S)                                                                                        \
  ENTRY(void, S, masses_below, (const T *x, size_t n, const T *bounds, T *masses, uint32_t *counts), x, n,   \
        bounds, masses, counts)                                                                              \
  ENTRY(size_t, S, select, (const T *x, size_t n, size_t first, T bound, T *values, uint16_t *places), x, n, \
        first, bound, values, places)                                                                        \
  ENTRY(void, S, turn_lists,                                                                                 \
        (const T *values, const uint16_t *places, const uint32_t *starts, size_t rows, size_t columns,       \
         T *turned_values, uint16_t *turned_places, uint32_t *turned_starts),                                \
        values, places, starts, rows, columns, turned_values, turned_places, turned_starts)                  \
  ENTRY(void, S, combine_rows,                                                                               \
        (const T *values, const uint16_t *places, size_t count, const T *rows, size_t stride, size_t n,      \
         int add, T *y),                                                                                     \
        values, places, count, rows, stride, n, add, y)

ENTRIES(float, f32)
ENTRIES(double, f64)
