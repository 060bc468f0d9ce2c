// Decodes PNG and JPEG images from memory. The libraries report errors by longjmp; all of that stays
// within this target.
#ifndef CIMAGES_H
#define CIMAGES_H

#include <stddef.h>
#include <stdint.h>

// The most pixels of an image.
#define CI_MOST_PIXELS (1u << 26)
// The room for a message.
#define CI_MESSAGE 200

// A decoded image: rows from the top, channels interleaved.
typedef struct {
  uint32_t width;
  uint32_t height;
  // 1 or 3.
  int channels;
  // 1, or 2, the low byte first.
  int bytes_per_sample;
  uint8_t *pixels;
} ci_image;

// Decode `count` bytes. On success return 0; `image->pixels` is to be freed by ci_free. On failure
// return 1 with a message. PNG: grey or colour with 8 bits a sample, transparency left out; with
// `as_indices`, palette indices or grey levels as they are stored, 8 or 16 bits.
int ci_decode_png(const uint8_t *bytes, size_t count, int as_indices, ci_image *image,
                  char message[CI_MESSAGE]);
int ci_decode_jpeg(const uint8_t *bytes, size_t count, ci_image *image, char message[CI_MESSAGE]);

void ci_free(ci_image *image);

#endif
