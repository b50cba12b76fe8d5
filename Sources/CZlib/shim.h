#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

// What Swift cannot reach by itself: deflateInit2 is a macro, and a gzip header holds pointers that have to outlive the calls.
// Everything is `static inline`: a system library target compiles no source file.

#include <stdint.h>
#include <string.h>
#include <zlib.h>

// The most bytes that czlib_gzip makes of so many, with an extra field of `padding` bytes.
static inline size_t czlib_bound(size_t count, size_t padding) { return compressBound((uLong)count) + 64 + padding; }

// One gzip member (RFC 1952) of a whole text. Its header has an extra field of `padding` zero bytes, unless there are none.
// Returns its length; 0 when it does not fit or memory is short.
static inline size_t czlib_gzip(
    const uint8_t *text, size_t count, uint8_t *output, size_t room, size_t padding, int level) {
    z_stream stream;
    memset(&stream, 0, sizeof(stream));
    // 16: gzip instead of zlib's own wrapper.
    if (deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    // One subfield of the extra field: two letters of its own, its length in two bytes, and what it holds.
    uint8_t extra[1028];
    memset(extra, 0, sizeof(extra));
    if (padding > 1024) padding = 1024;
    extra[0] = 'P';
    extra[1] = 'G';
    extra[2] = (uint8_t)(padding & 0xFF);
    extra[3] = (uint8_t)(padding >> 8);
    gz_header header;
    memset(&header, 0, sizeof(header));
    header.os = 255;
    header.extra = extra;
    header.extra_len = (uInt)(padding + 4);
    size_t made = 0;
    if (padding == 0 || deflateSetHeader(&stream, &header) == Z_OK) {
        stream.next_in = (Bytef *)text;
        stream.avail_in = (uInt)count;
        stream.next_out = output;
        stream.avail_out = (uInt)room;
        if (deflate(&stream, Z_FINISH) == Z_STREAM_END) made = (size_t)stream.total_out;
    }
    (void)deflateEnd(&stream);
    return made;
}

#endif
