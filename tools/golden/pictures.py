"""Writes the small picture files that the tests of dev.linnet.image read, and what Pillow reads from them.

    pip install pillow==13.0.0 numpy
    python tools/golden/pictures.py REFERENCE_FOLDER     # with images/src_cat.png and images/src_shapes.png

Result: linnet-core/src/test/resources/golden/images/formats/*, formats.json with, for each file, its format, size and
the SHA-256 (first 16 hexadecimal digits) of the bytes of convert("RGB"), of convert("L") and of convert("RGB") after
exif_transpose; and expected/*.png with the pixels of the CMYK JPEGs, which OpenCV converts by a formula of its own.
What Pillow cannot write is written by hand below.
"""
import hashlib
import io
import json
import os
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps, features

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "..", "linnet-core", "src", "test", "resources", "golden", "images")
OUT = os.path.join(GOLDEN, "formats")


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)


def encoded(im, **options):
    out = io.BytesIO()
    im.save(out, **options)
    return out.getvalue()


# PNG by hand: Pillow writes neither Adam7 nor 16-bit color.

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(a, depth):
    """Rows [H, W, C] of levels below 2^depth as PNG's bytes, filter 0 before each."""
    rows = []
    for row in a.reshape(a.shape[0], -1).astype(np.uint32):
        if depth == 16:
            data = row.astype(">u2").tobytes()
        elif depth == 8:
            data = row.astype(np.uint8).tobytes()
        else:
            bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            data = np.packbits(bits.astype(np.uint8).reshape(-1)).tobytes()
        rows.append(b"\0" + data)
    return b"".join(rows)


def png(a, depth, color, interlaced=False, before=()):
    h, w = a.shape[:2]
    if interlaced:
        data = b""
        for y, x, dy, dx in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)):
            part = a[y::dy, x::dx]
            if part.size:
                data += packed_rows(part, depth)
    else:
        data = packed_rows(a, depth)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, int(interlaced)))
            + b"".join(chunk(k, d) for k, d in before) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))


def pngs(cat):
    rgb = np.asarray(cat)
    grey = np.asarray(cat.convert("L"))[..., None]
    h, w = grey.shape[:2]
    alpha = (np.mgrid[0:h, 0:w].sum(0) * 2 % 256).astype(np.uint8)[..., None]
    wide = rgb.astype(np.uint32) * 256 + np.roll(rgb, 1, axis=0)
    wide_grey = grey.astype(np.uint32) * 256 + np.roll(grey, 1, axis=0)
    wide_alpha = alpha.astype(np.uint32) * 257
    paletted = cat.quantize(16, dither=Image.Dither.NONE)
    index = np.asarray(paletted)[..., None]
    palette = bytes(paletted.getpalette()[:48])
    table = (b"PLTE", palette)
    for interlaced in (False, True):
        tail = "_interlaced.png" if interlaced else ".png"
        for name, a, depth, color, before in (
            ("rgb8", rgb, 8, 2, ()), ("rgb16", wide, 16, 2, ()), ("rgba8", np.concatenate([rgb, alpha], 2), 8, 6, ()),
            ("rgba16", np.concatenate([wide, wide_alpha], 2), 16, 6, ()), ("grey8", grey, 8, 0, ()),
            ("grey4", grey >> 4, 4, 0, ()), ("grey2", grey >> 6, 2, 0, ()), ("grey1", grey >> 7, 1, 0, ()),
            ("greyalpha8", np.concatenate([grey, alpha], 2), 8, 4, ()),
            ("greyalpha16", np.concatenate([wide_grey, wide_alpha], 2), 16, 4, ()),
            ("palette8", index, 8, 3, (table,)), ("palette4", index, 4, 3, (table,)),
            ("palette2", index >> 2, 2, 3, ((b"PLTE", palette[:12]),)), ("palette1", index >> 3, 1, 3, ((b"PLTE", palette[:6]),)),
        ):
            if interlaced and depth == 16 and name != "rgb16":
                continue
            write(name + tail, png(a, depth, color, interlaced, before))
    write("grey16.png", png(wide_grey, 16, 0))
    write("palette8_transparent.png", png(index, 8, 3, before=(table, (b"tRNS", bytes(range(0, 256, 16))))))
    write("grey8_transparent.png", png(grey, 8, 0, before=((b"tRNS", struct.pack(">H", int(grey[5, 5, 0]))),)))
    write("rgb8_transparent.png", png(rgb, 8, 2, before=((b"tRNS", struct.pack(">HHH", *map(int, rgb[5, 5]))),)))
    write("rgb8_gamma.png", png(rgb, 8, 2, before=((b"gAMA", struct.pack(">I", 100000)), (b"sRGB", b"\0"))))
    write("rgb8_background.png", png(np.concatenate([rgb, alpha], 2), 8, 6, before=((b"bKGD", struct.pack(">HHH", 255, 0, 0)),)))
    write("pixel.png", png(rgb[:1, :1], 8, 2))
    write("rgb8_filters.png", encoded(cat, format="PNG", optimize=True))


def jpegs(cat, shapes):
    for label, sampling in (("444", 0), ("422", 1), ("420", 2)):
        write(f"baseline_{label}.jpg", encoded(cat, format="JPEG", quality=90, subsampling=sampling))
    write("shapes_420.jpg", encoded(shapes, format="JPEG", quality=75))
    write("progressive.jpg", encoded(shapes, format="JPEG", quality=80, progressive=True))
    write("grey.jpg", encoded(cat.convert("L"), format="JPEG", quality=85))
    write("grey_progressive.jpg", encoded(shapes.convert("L"), format="JPEG", quality=85, progressive=True))
    write("restart.jpg", encoded(cat, format="JPEG", quality=85, restart_marker_rows=1))
    write("adobe_rgb.jpg", encoded(cat, format="JPEG", quality=90, keep_rgb=True))
    rgb = np.asarray(cat).astype(np.float64)
    black = 255 - rgb.max(2)
    ink = 255 - rgb * 255 / np.maximum(255 - black, 1)[..., None]
    inks = np.concatenate([ink, black[..., None]], 2).round().clip(0, 255).astype(np.uint8)
    cmyk = encoded(Image.frombytes("CMYK", cat.size, inks.tobytes()), format="JPEG", quality=90)
    write("adobe_cmyk.jpg", cmyk)
    adobe = cmyk.index(b"\xff\xee\x00\x0eAdobe")
    write("adobe_ycck.jpg", cmyk[:adobe + 15] + b"\x02" + cmyk[adobe + 16:])
    write("cmyk_without_adobe.jpg", cmyk[:adobe] + cmyk[adobe + 16:])
    write("pixel.jpg", encoded(cat.crop((0, 0, 1, 1)), format="JPEG"))
    write("trailing_bytes.jpg", encoded(cat, format="JPEG", quality=60) + b"something that a phone wrote" * 3)


def orientations(shapes):
    small = shapes.resize((24, 16))
    for value in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = value
        write(f"orientation_{value}.jpg", encoded(small, format="JPEG", quality=95, subsampling=0, exif=exif))
    for value in range(1, 9):
        write(f"orientation_{value}.tiff", encoded(small, format="TIFF", compression="tiff_lzw", tiffinfo={0x0112: value}))
    for value in (3, 6):
        exif = Image.Exif()
        exif[0x0112] = value
        write(f"orientation_{value}.png", encoded(small, format="PNG", exif=exif))
        write(f"orientation_{value}.webp", encoded(small, format="WEBP", lossless=True, exif=exif))


def webps(cat):
    alpha = Image.fromarray((np.mgrid[0:68, 0:68].sum(0) * 2 % 256).astype(np.uint8))
    clear = cat.copy()
    clear.putalpha(alpha)
    write("lossy.webp", encoded(cat, format="WEBP", quality=80))
    write("lossless.webp", encoded(cat, format="WEBP", lossless=True))
    write("lossy_alpha.webp", encoded(clear, format="WEBP", quality=80))
    write("lossless_alpha.webp", encoded(clear, format="WEBP", lossless=True, exact=True))
    write("animated.webp", encoded(cat, format="WEBP", lossless=True, save_all=True, append_images=[cat.rotate(90)]))
    write("pixel.webp", encoded(cat.crop((0, 0, 1, 1)), format="WEBP", lossless=True))


def bmp(w, h, bits, data, palette=b"", compression=0, masks=b"", down=False):
    head = struct.pack("<IiiHHIIiiII", 40, w, -h if down else h, 1, bits, compression, len(data), 2835, 2835, len(palette) // 4, 0)
    start = 14 + len(head) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + masks + palette + data


def bmp_rows(a, bits):
    rows = []
    for row in a[::-1]:
        if bits == 16:
            data = row.astype("<u2").tobytes()
        elif bits == 8:
            data = row.astype(np.uint8).tobytes()
        else:
            levels = (row[:, None].astype(np.uint32) >> np.arange(bits - 1, -1, -1)) & 1
            data = np.packbits(levels.astype(np.uint8).reshape(-1)).tobytes()
        rows.append(data + b"\0" * (-len(data) % 4))
    return b"".join(rows)


def rle8(a):
    out = b""
    for row in a[::-1]:
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and run < 255 and row[x + run] == row[x]:
                run += 1
            out += bytes((run, row[x]))
            x += run
        out += b"\0\0"
    return out[:-2] + b"\0\1"


def bmps(cat):
    rgb = np.asarray(cat).astype(np.uint32)
    h, w = rgb.shape[:2]
    paletted = cat.quantize(16, dither=Image.Dither.NONE)
    index = np.asarray(paletted)
    table = np.zeros((16, 4), np.uint8)
    table[:, :3] = np.array(paletted.getpalette()[:48]).reshape(16, 3)[:, ::-1]
    table = table.tobytes()
    write("rgb24.bmp", encoded(cat, format="BMP"))
    write("rgb32.bmp", encoded(cat.convert("RGBA"), format="BMP"))
    write("grey8.bmp", encoded(cat.convert("L"), format="BMP"))
    write("grey1.bmp", encoded(cat.convert("1", dither=Image.Dither.NONE), format="BMP"))
    write("palette8.bmp", bmp(w, h, 8, bmp_rows(index, 8), table))
    write("palette4.bmp", bmp(w, h, 4, bmp_rows(index, 4), table))
    write("palette1.bmp", bmp(w, h, 1, bmp_rows(index >> 3, 1), table[:8]))
    write("rle8.bmp", bmp(w, h, 8, rle8(index), table, compression=1))
    five = (rgb[..., 0] >> 3 << 10) | (rgb[..., 1] >> 3 << 5) | rgb[..., 2] >> 3
    write("rgb555.bmp", bmp(w, h, 16, bmp_rows(five, 16)))
    six = (rgb[..., 0] >> 3 << 11) | (rgb[..., 1] >> 2 << 5) | rgb[..., 2] >> 3
    write("rgb565.bmp", bmp(w, h, 16, bmp_rows(six, 16), compression=3, masks=struct.pack("<III", 0xF800, 0x07E0, 0x001F)))
    flat = np.asarray(cat)[:, :, ::-1].tobytes()  # 68 * 3 bytes: no padding
    write("top_down.bmp", bmp(w, h, 24, flat, down=True))
    core = struct.pack("<IHHHH", 12, w, h, 1, 24)
    data = np.asarray(cat)[::-1, :, ::-1].tobytes()
    write("os2.bmp", b"BM" + struct.pack("<IHHI", 26 + len(data), 0, 0, 26) + core + data)


def gifs(cat):
    paletted = cat.quantize(32, dither=Image.Dither.NONE)
    write("palette.gif", encoded(paletted, format="GIF", interlace=0))
    write("interlaced.gif", encoded(paletted, format="GIF", interlace=1))
    write("transparent.gif", encoded(paletted, format="GIF", transparency=3))
    write("grey.gif", encoded(cat.convert("L"), format="GIF"))
    write("animated.gif", encoded(paletted, format="GIF", save_all=True, append_images=[paletted.rotate(90)], duration=50))
    noise = (np.arange(100 * 90, dtype=np.uint32) * 2654435761 >> 24).astype(np.uint8).reshape(90, 100)
    write("more_codes_than_the_table_holds.gif", encoded(Image.fromarray(noise), format="GIF"))
    write("pixel.gif", encoded(paletted.crop((0, 0, 1, 1)), format="GIF"))
    # a first frame that covers a part of the canvas only: its image descriptor moved and the canvas enlarged
    whole = encoded(paletted, format="GIF", interlace=0)
    for name, data in (("small_frame.gif", whole), ("small_frame_transparent.gif", encoded(paletted, format="GIF", interlace=0, transparency=3))):
        at = data.index(b"\x2c\0\0\0\0")
        write(name, data[:6] + struct.pack("<HH", 80, 75) + data[10:at] + b"\x2c" + struct.pack("<HH", 7, 5) + data[at + 5:])


def tiffs(cat):
    write("raw.tiff", encoded(cat, format="TIFF"))
    write("lzw.tiff", encoded(cat, format="TIFF", compression="tiff_lzw"))
    write("deflate.tiff", encoded(cat, format="TIFF", compression="tiff_adobe_deflate"))
    write("packbits.tiff", encoded(cat, format="TIFF", compression="packbits"))
    write("grey.tiff", encoded(cat.convert("L"), format="TIFF"))
    write("rgba.tiff", encoded(cat.convert("RGBA"), format="TIFF", compression="tiff_lzw"))
    write("palette.tiff", encoded(cat.quantize(16, dither=Image.Dither.NONE), format="TIFF"))
    write("bilevel_group4.tiff", encoded(cat.convert("1", dither=Image.Dither.NONE), format="TIFF", compression="group4"))
    write("cmyk.tiff", encoded(cat.convert("CMYK"), format="TIFF", compression="tiff_lzw"))
    write("jpeg.tiff", encoded(cat, format="TIFF", compression="jpeg", quality=90))


def digest(im):
    return hashlib.sha256(im.tobytes()).hexdigest()[:16]


def main():
    reference = os.path.join(sys.argv[1], "images")
    os.makedirs(os.path.join(OUT, "expected"), exist_ok=True)
    for folder in (OUT, os.path.join(OUT, "expected")):
        for f in os.listdir(folder):
            if os.path.isfile(os.path.join(folder, f)):
                os.remove(os.path.join(folder, f))
    cat = Image.open(os.path.join(reference, "src_cat.png")).convert("RGB")
    shapes = Image.open(os.path.join(reference, "src_shapes.png")).convert("RGB")
    pngs(cat)
    jpegs(cat, shapes)
    orientations(shapes)
    webps(cat)
    bmps(cat)
    gifs(cat)
    tiffs(cat)
    entries = []
    for name in sorted(f for f in os.listdir(OUT) if os.path.isfile(os.path.join(OUT, f))):
        im = Image.open(os.path.join(OUT, name))
        im.load()
        rgb = im.convert("RGB")
        entry = {"file": name, "format": im.format, "mode": im.mode, "size_wh": list(im.size), "orientation": im.getexif().get(0x0112, 1),
                 "rgb_sha256": digest(rgb), "grey_sha256": digest(im.convert("L")),
                 "upright_sha256": digest(ImageOps.exif_transpose(im).convert("RGB"))}
        if im.format == "TIFF":  # load() has turned it
            entry["orientation"] = 1
        entries.append(entry)
        if im.format == "JPEG" and im.mode == "CMYK":
            rgb.save(os.path.join(OUT, "expected", name + ".png"), optimize=True)
    doc = {"made_by": "tools/golden/pictures.py", "pillow": PIL.__version__,
           "libjpeg_turbo": features.version("libjpeg_turbo"), "webp": features.version("webp"), "libtiff": features.version("libtiff")}
    with open(os.path.join(OUT, "formats.json"), "w") as f:
        f.write("{" + json.dumps(doc)[1:-1] + ',\n"files": [\n' + ",\n".join(" " + json.dumps(e) for e in entries) + "\n]}\n")
    print(len(entries), "files")


if __name__ == "__main__":
    main()
