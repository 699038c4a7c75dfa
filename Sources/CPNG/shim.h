#ifndef LIKENESS_CPNG_SHIM_H
#define LIKENESS_CPNG_SHIM_H

// libpng reports errors by longjmp, which must never cross a Swift frame. Every libpng call that can fail is
// made here, between a setjmp and the return of the same C function; Swift sees 1 (done) or 0 (failed, with the
// message in `cpng_failure`). No local variable is read after a longjmp.

#include <png.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>

/// The last error message of one png_struct, handed over as libpng's error pointer.
typedef struct cpng_failure {
  char message[160];
} cpng_failure;

/// The bytes that a decoder reads.
typedef struct cpng_source {
  const unsigned char *bytes;
  size_t count;
  size_t offset;
} cpng_source;

static inline void cpng_fail(png_structp png, png_const_charp message) {
  cpng_failure *failure = (cpng_failure *)png_get_error_ptr(png);
  if (failure != NULL) {
    strncpy(failure->message, message != NULL ? message : "unknown error", sizeof failure->message - 1);
    failure->message[sizeof failure->message - 1] = 0;
  }
  png_longjmp(png, 1);
}

static inline void cpng_ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static inline void cpng_pull(png_structp png, png_bytep into, size_t count) {
  cpng_source *source = (cpng_source *)png_get_io_ptr(png);
  if (count > source->count - source->offset) png_error(png, "the file ends too early");
  memcpy(into, source->bytes + source->offset, count);
  source->offset += count;
}

static inline png_structp cpng_create_writer(cpng_failure *failure) {
  return png_create_write_struct(PNG_LIBPNG_VER_STRING, failure, cpng_fail, cpng_ignore);
}

static inline png_structp cpng_create_reader(cpng_failure *failure) {
  return png_create_read_struct(PNG_LIBPNG_VER_STRING, failure, cpng_fail, cpng_ignore);
}

/// Writes a whole 8-bit image (RGB or RGBA, by `colour_type`) of `height` rows of `stride` bytes, with a pHYs
/// chunk when `per_metre` is not 0, and the text chunks. The write function must have been set. Rows are not
/// filtered: flat drawings come out a fifth smaller so.
static inline int cpng_write(
    png_structp png, png_infop info, unsigned width, unsigned height, int colour_type, unsigned per_metre,
    const png_text *texts, int text_count, const unsigned char *pixels, size_t stride) {
  if (setjmp(png_jmpbuf(png))) return 0;
  png_set_IHDR(
      png, info, width, height, 8, colour_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  if (per_metre != 0) png_set_pHYs(png, info, per_metre, per_metre, PNG_RESOLUTION_METER);
  if (text_count > 0) png_set_text(png, info, texts, text_count);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_set_compression_level(png, 9);
  png_write_info(png, info);
  for (size_t row = 0; row < height; row++) png_write_row(png, pixels + row * stride);
  png_write_end(png, info);
  return 1;
}

/// Reads everything before the pixels and asks for 8-bit RGB or RGBA rows. A damaged chunk of any kind is an
/// error, as text chunks carry provenance.
static inline int cpng_read_header(png_structp png, png_infop info, cpng_source *source, int *passes) {
  if (setjmp(png_jmpbuf(png))) return 0;
  png_set_read_fn(png, source, cpng_pull);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_benign_errors(png, 0);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  *passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return 1;
}

/// Reads all rows (`stride` bytes each, in `passes` passes) and the chunks after them.
static inline int cpng_read_rows(
    png_structp png, png_infop info, unsigned char *pixels, size_t height, size_t stride, int passes) {
  if (setjmp(png_jmpbuf(png))) return 0;
  for (int pass = 0; pass < passes; pass++) {
    for (size_t row = 0; row < height; row++) png_read_row(png, pixels + row * stride, NULL);
  }
  png_read_end(png, info);
  return 1;
}

#endif
