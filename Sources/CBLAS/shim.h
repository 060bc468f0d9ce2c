// OpenBLAS behind one header: the CBLAS interface and the thread controls of openblas_config.h.
#include <cblas.h>
