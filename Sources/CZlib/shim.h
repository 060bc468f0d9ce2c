// zlib, for gzip-compressed data sets.
#include <zlib.h>
