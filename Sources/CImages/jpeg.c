#include "CImages.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

// The most scans of a progressive image: each costs a pass over all of it.
#define MOST_SCANS 256

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf place;
  char *message;
} handler;

static void fail(j_common_ptr jpeg) {
  handler *own = (handler *)jpeg->err;
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  snprintf(own->message, CI_MESSAGE, "%s", text);
  longjmp(own->place, 1);
}

static void stop(j_common_ptr jpeg, const char *text) {
  handler *own = (handler *)jpeg->err;
  snprintf(own->message, CI_MESSAGE, "%s", text);
  longjmp(own->place, 1);
}

// Damage that the library would paint over is an error all the same.
static void judge(j_common_ptr jpeg, int level) {
  if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA &&
      jpeg->err->msg_code != JWRN_ADOBE_XFORM)
    fail(jpeg);
}

static void watch(j_common_ptr jpeg) {
  if (jpeg->is_decompressor && ((j_decompress_ptr)jpeg)->input_scan_number > MOST_SCANS)
    stop(jpeg, "it has more than 256 scans");
}

// Four inks, inverted as Adobe writes them, become three colours.
static void mix(uint8_t *pixels, size_t count, int inverted) {
  for (size_t place = 0; place < count; place++) {
    const uint8_t *ink = pixels + 4 * place;
    uint8_t color[3];
    for (int index = 0; index < 3; index++) {
      unsigned light = inverted ? ink[index] : 255u - ink[index];
      unsigned black = inverted ? ink[3] : 255u - ink[3];
      color[index] = (uint8_t)((light * black + 127) / 255);
    }
    memcpy(pixels + 3 * place, color, 3);
  }
}

int ci_decode_jpeg(const uint8_t *bytes, size_t count, ci_image *image, char message[CI_MESSAGE]) {
  struct jpeg_decompress_struct jpeg = {0};
  struct jpeg_progress_mgr progress = {0};
  handler errors;
  uint8_t *volatile pixels = NULL;
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = fail;
  errors.base.emit_message = judge;
  errors.message = message;
  if (setjmp(errors.place)) {
    jpeg_destroy_decompress(&jpeg);
    free(pixels);
    return 1;
  }
  jpeg_create_decompress(&jpeg);
  progress.progress_monitor = watch;
  jpeg.progress = &progress;
  jpeg.mem->max_memory_to_use = 1l << 30;
  jpeg_mem_src(&jpeg, bytes, (unsigned long)count);
  jpeg_read_header(&jpeg, TRUE);
  if ((uint64_t)jpeg.image_width * jpeg.image_height > CI_MOST_PIXELS)
    stop((j_common_ptr)&jpeg, "it has more than 67108864 pixels");
  if (jpeg.num_components == 1) {
    jpeg.out_color_space = JCS_GRAYSCALE;
  } else if (jpeg.num_components == 3) {
    jpeg.out_color_space = JCS_RGB;
  } else {
    jpeg.out_color_space = JCS_CMYK;
  }
  jpeg_start_decompress(&jpeg);
  int channels = jpeg.output_components;
  size_t line = (size_t)jpeg.output_width * channels;
  pixels = calloc(jpeg.output_height, line);
  if (!pixels) stop((j_common_ptr)&jpeg, "there is not enough memory");
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = pixels + jpeg.output_scanline * line;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  if (channels == 4) {
    mix(pixels, (size_t)jpeg.output_width * jpeg.output_height, jpeg.saw_Adobe_marker);
    channels = 3;
  }
  *image = (ci_image){jpeg.output_width, jpeg.output_height, channels, 1, pixels};
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return 0;
}
