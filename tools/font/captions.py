"""Packs the bitmap font of contact sheets: X11's misc-fixed 6x13 and its double-width companion 12x13ja.

    apt-get download xfonts-base && dpkg -x xfonts-base_*.deb x         (1:1.0.5+nmu1)
    python tools/font/captions.py x/usr/share/fonts/X11/misc

Both fonts are in the public domain (font-misc-misc: "Public domain font.  Share and enjoy."). Result:
linnet-core/src/main/resources/dev/linnet/image/captions.font.gz, for each glyph: code point (2 bytes, big-endian),
cells of 6 pixels it is wide (1 byte: 1 or 2), then 13 rows of as many bytes, the leftmost pixel in the highest bit.
"""
import gzip
import os
import struct
import sys

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "linnet-core", "src", "main", "resources",
                   "dev", "linnet", "image", "captions.font.gz")
HEIGHT, ASCENT = 13, 11
METRICS, BITMAPS, ENCODINGS = 4, 8, 32


def pcf(path):
    """Code point -> (width, 13 rows of ints with `width` bits) of an X11 PCF font."""
    data = gzip.open(path).read()
    assert data[:4] == b"\1fcp"
    tables = {}
    for i in range(struct.unpack_from("<I", data, 4)[0]):
        kind, form, size, at = struct.unpack_from("<IIII", data, 8 + 16 * i)
        tables[kind] = at

    def start(kind):
        at = tables[kind]
        form = struct.unpack_from("<I", data, at)[0]
        return at + 4, form, ">" if form & 4 else "<"

    at, form, order = start(METRICS)
    metrics = []
    if form & 0x100:  # compressed
        for i in range(struct.unpack_from(order + "H", data, at)[0]):
            metrics.append(tuple(b - 0x80 for b in data[at + 2 + 5 * i:at + 7 + 5 * i]))
    else:
        for i in range(struct.unpack_from(order + "I", data, at)[0]):
            metrics.append(struct.unpack_from(order + "hhhhh", data, at + 4 + 12 * i))
    at, form, order = start(BITMAPS)
    count = struct.unpack_from(order + "I", data, at)[0]
    offsets = struct.unpack_from(f"{order}{count}I", data, at + 4)
    bits = at + 4 + 4 * count + 16
    pad = 1 << (form & 3)
    high_bit_first, high_byte_first, unit = form & 8, form & 4, 1 << (form >> 4 & 3)
    at, form, order = start(ENCODINGS)
    low, high, first, last, _ = struct.unpack_from(order + "HHHHH", data, at)
    glyphs = {}
    for row in range(first, last + 1):
        for column in range(low, high + 1):
            index = struct.unpack_from(order + "H", data, at + 10 + 2 * ((row - first) * (high - low + 1) + column - low))[0]
            if index == 0xFFFF:
                continue
            left, right, width, ascent, descent = metrics[index]
            line = (right - left + 7) // 8 + pad - 1 & ~(pad - 1)
            rows = [0] * HEIGHT
            for y in range(ascent + descent):
                raw = bytearray(data[bits + offsets[index] + y * line:bits + offsets[index] + (y + 1) * line])
                if unit > 1 and bool(high_byte_first) != bool(high_bit_first):
                    for k in range(0, len(raw), unit):
                        raw[k:k + unit] = raw[k:k + unit][::-1]
                for x in range(right - left):
                    byte = raw[x // 8]
                    if byte >> (7 - x % 8 if high_bit_first else x % 8) & 1:
                        to_x, to_y = left + x, ASCENT - ascent + y
                        if 0 <= to_x < width and 0 <= to_y < HEIGHT:
                            rows[to_y] |= 1 << (width - 1 - to_x)
            glyphs[row << 8 | column] = (width, rows)
    return glyphs


def main():
    glyphs = pcf(os.path.join(sys.argv[1], "12x13ja.pcf.gz"))
    glyphs.update({c: g for c, g in pcf(os.path.join(sys.argv[1], "6x13.pcf.gz")).items() if c >= 0x20})
    out = b""
    for code, (width, rows) in sorted(glyphs.items()):
        cells = width // 6
        assert width in (6, 12), (code, width)
        out += struct.pack(">HB", code, cells) + b"".join((r << 8 * cells - width).to_bytes(cells, "big") for r in rows)
    with open(OUT, "wb") as f:
        f.write(gzip.compress(out, 9, mtime=0))
    print(len(glyphs), "glyphs", os.path.getsize(OUT), "bytes")


if __name__ == "__main__":
    main()
