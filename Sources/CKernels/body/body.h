/// The body of a variant: every kernel, and the table of them. Included once per instruction set,
/// with CK_TABLE, CK_VARIANT and CK_LANES defined.
#include <math.h>
#include <string.h>

#include "vector.h"
// Order matters from here on: each file uses the ones before it.
#include "math.h"

#include "elementwise.h"
#include "product.h"
#include "softmax.h"
#include "rows.h"
#include "optimizer.h"
#include "layout.h"
#include "merging.h"
#include "normalization.h"
#include "pooling.h"
#include "conv_tile.h"
#include "depthwise_tile.h"
#include "conv_core.h"
#include "gradient_tile.h"
#include "fetch.h"
#include "winograd.h"
#include "convolution.h"
#include "winograd_gradient.h"
#include "conv_gradient.h"

#include "table.h"
