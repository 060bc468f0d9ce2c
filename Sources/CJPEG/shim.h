// libjpeg, for images in JPEG files.
#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>
