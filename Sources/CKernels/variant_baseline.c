/// The kernels for what the compiler's target guarantees: 128-bit vectors.
#include "variants.h"

#define CK_TABLE ck_table_baseline
#define CK_VARIANT CK_BASELINE
#define CK_LANES 4
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#include "body/body.h"
