// libpng, for images in PNG files.
#include <png.h>
