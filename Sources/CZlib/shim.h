#ifndef LIKENESS_CZLIB_SHIM_H
#define LIKENESS_CZLIB_SHIM_H

#include <zlib.h>

/// `inflateInit2` is a macro, which Swift does not see. Raw deflate data, as zip members hold them.
static inline int czlib_begin_raw_inflate(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }

#endif
