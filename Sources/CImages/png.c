#include "CImages.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t left;
  char *message;
} source;

static void fail(png_structp png, png_const_charp text) {
  source *from = png_get_error_ptr(png);
  snprintf(from->message, CI_MESSAGE, "%s", text);
  png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void supply(png_structp png, png_bytep target, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->left) png_error(png, "it is truncated");
  memcpy(target, from->bytes, count);
  from->bytes += count;
  from->left -= count;
}

// Sets the transformations that make what the caller wants of what is stored.
static void transform(png_structp png, png_infop info, int as_indices) {
  int type = png_get_color_type(png, info);
  int depth = png_get_bit_depth(png, info);
  png_set_packing(png);
  if (as_indices) {
    if (type & PNG_COLOR_MASK_COLOR && type != PNG_COLOR_TYPE_PALETTE)
      png_error(png, "it is coloured, expected a palette or grey levels");
    if (depth == 16) png_set_swap(png);
  } else {
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (depth == 16) png_set_scale_16(png);
  }
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

int ci_decode_png(const uint8_t *bytes, size_t count, int as_indices, ci_image *image,
                  char message[CI_MESSAGE]) {
  source from = {bytes, count, message};
  png_bytep *volatile rows = NULL;
  uint8_t *volatile pixels = NULL;
  png_infop info = NULL;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &from, fail, ignore);
  if (png) info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    snprintf(message, CI_MESSAGE, "there is not enough memory");
    return 1;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    free((void *)rows);
    free(pixels);
    return 1;
  }
  png_set_user_limits(png, 1 << 16, 1 << 16);
  png_set_chunk_malloc_max(png, 8 << 20);
  png_set_chunk_cache_max(png, 64);
  png_set_read_fn(png, &from, supply);
  png_read_info(png, info);
  uint32_t width = png_get_image_width(png, info);
  uint32_t height = png_get_image_height(png, info);
  if ((uint64_t)width * height > CI_MOST_PIXELS) png_error(png, "it has more than 67108864 pixels");
  transform(png, info, as_indices);
  int channels = png_get_channels(png, info);
  int size = png_get_bit_depth(png, info) / 8;
  size_t line = png_get_rowbytes(png, info);
  if (size < 1 || (channels != 1 && channels != 3) || line != (size_t)width * channels * size)
    png_error(png, "its form is unknown");
  pixels = calloc(height, line);
  rows = malloc(height * sizeof(png_bytep));
  if (!pixels || !rows) png_error(png, "there is not enough memory");
  for (uint32_t row = 0; row < height; row++) rows[row] = pixels + row * line;
  png_read_image(png, rows);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  free((void *)rows);
  *image = (ci_image){width, height, channels, size, pixels};
  return 0;
}

void ci_free(ci_image *image) {
  free(image->pixels);
  image->pixels = NULL;
}
