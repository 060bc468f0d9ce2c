/// The kernels for what the compiler's target guarantees: 128-bit vectors.
#include "variants.h"

#define CK_TABLE ck_table_baseline
#define CK_VARIANT CK_BASELINE
#define CK_LANES 4
#include "body/body.h"
