"""Records what images.py of the reference does not: grey pictures, other magnitudes, lighting, elastic, AugMix.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31      (Pillow 13.0.0)
    python tools/golden/picture_augmentations.py REFERENCE_FOLDER    # with images/src_*.png

Result: linnet-core/src/test/resources/golden/images/{augmentations.json,augmentations/*.png}. Each entry has the
source (a part of it, as in AugmentationsTest), operator, arguments and the file of the result; operators and their
numbers are those of dev.linnet.image.PictureOperator.
"""
import json
import math
import os
import shutil
import sys

import numpy as np
import PIL
import timm
import torch
import torchvision
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from timm.data import auto_augment as TA
from torchvision.transforms import functional as F
from torchvision.transforms.functional import InterpolationMode as IM

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "linnet-core", "src", "test", "resources", "golden", "images")
FOLDER = os.path.join(OUT, "augmentations")
FILL = (124, 116, 104)
FILTERS = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
ENTRIES = []


def save(source, operator, args, im):
    name = f"{len(ENTRIES):03d}.png"
    im.save(os.path.join(FOLDER, name), optimize=True)
    ENTRIES.append({"file": name, "source": source, "operator": operator, "args": args, "mode": im.mode})


def fill(im):
    return FILL if im.mode == "RGB" else int(Image.new("RGB", (1, 1), FILL).convert("L").getpixel((0, 0)))


def warp(im, data, mode):
    return im.transform(im.size, Image.Transform.AFFINE, data, FILTERS[mode], fillcolor=fill(im))


def operators(source, im):
    for mode in FILTERS:
        for x in (0.123, -0.99):
            save(source, "SHEAR_X", {"amount": x, "mode": mode}, warp(im, (1, x, 0, 0, 1, 0), mode))
            save(source, "SHEAR_Y", {"amount": x, "mode": mode}, warp(im, (1, 0, 0, x, 1, 0), mode))
        for t in (7.3, -20):
            save(source, "TRANSLATE_X", {"amount": t, "mode": mode}, warp(im, (1, 0, -t, 0, 1, 0), mode))
            save(source, "TRANSLATE_Y", {"amount": t, "mode": mode}, warp(im, (1, 0, 0, 0, 1, -t), mode))
        for degrees in (4.5, -61.7, 171.9):
            save(source, "ROTATE", {"amount": degrees, "mode": mode}, im.rotate(degrees, FILTERS[mode], fillcolor=fill(im)))
    for degrees in (90, 180, 270, -90):
        save(source, "ROTATE", {"amount": degrees, "mode": "bilinear"}, im.rotate(degrees, FILTERS["bilinear"], fillcolor=fill(im)))
    for f in (0.01, 0.73, 1.37, 1.99):
        save(source, "BRIGHTNESS", {"amount": f}, ImageEnhance.Brightness(im).enhance(f))
        save(source, "CONTRAST", {"amount": f}, ImageEnhance.Contrast(im).enhance(f))
        save(source, "COLOR", {"amount": f}, ImageEnhance.Color(im).enhance(f))
        save(source, "SHARPNESS", {"amount": f}, ImageEnhance.Sharpness(im).enhance(f))
    for bits in (3, 8):
        save(source, "POSTERIZE", {"amount": bits}, ImageOps.posterize(im, bits))
    for threshold in (0, 76, 255.0, 256):
        save(source, "SOLARIZE", {"amount": threshold}, ImageOps.solarize(im, threshold))
    save(source, "SOLARIZE_ADD", {"amount": 99}, TA.solarize_add(im, 99))
    save(source, "AUTO_CONTRAST", {}, ImageOps.autocontrast(im))
    save(source, "EQUALIZE", {}, ImageOps.equalize(im))
    save(source, "INVERT", {}, ImageOps.invert(im))
    save(source, "GRAYSCALE", {}, F.to_grayscale(im, len(im.getbands())))
    for hue in (-0.37, 0.02, 0.5):
        save(source, "HUE", {"amount": hue}, F.adjust_hue(im, hue))
    for radius in (0.3, 1.1, 30):
        save(source, "GAUSSIAN_BLUR", {"amount": radius}, im.filter(ImageFilter.GaussianBlur(radius)))
    for kernel, sigma in ((9, 0.1), (7, 3.3), (23, 1.05)):
        save(source, "torchvision_blur", {"kernel": kernel, "sigma": sigma}, F.gaussian_blur(im, [kernel, kernel], [sigma, sigma]))


def perspective(source, im):
    w, h = im.size
    start = [[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]]
    for end in ([[10, 12], [w - 20, 0], [w - 1, h - 8], [3, h - 25]], [[0, 0], [w - 1, 5], [w - 9, h - 1], [0, h - 1]]):
        for mode in FILTERS:
            save(source, "perspective", {"corners": end, "mode": mode},
                 F.perspective(im, start, end, IM(mode), list(FILL) if im.mode == "RGB" else [fill(im)]))


def lighting(source, im):
    """Krizhevsky et al., 2012, section 4.1, with the numbers of fb.resnet.torch, on levels."""
    values = np.array([0.2175, 0.0188, 0.0045])
    vectors = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
    for alphas in ([0.1, -0.2, 0.05], [-0.25, 0.1, 0.3], [0.9, 0.4, -0.7]):
        shift = 255 * vectors @ (np.array(alphas) * values)
        a = np.asarray(im).astype(np.float64)
        a = a + (shift if im.mode == "RGB" else shift.mean())
        save(source, "lighting", {"alphas": alphas}, Image.fromarray(a.round().clip(0, 255).astype(np.uint8)))


def elastic(source, im):
    """displacement[i] = a * sin(0.37 i) + b * cos(0.011 i), i counting [H, W, 2]."""
    w, h = im.size
    i = np.arange(h * w * 2)
    for a, b in ((0.02, 0.05), (0.0, 0.3)):
        field = torch.from_numpy((a * np.sin(0.37 * i) + b * np.cos(0.011 * i)).reshape(1, h, w, 2)).float()
        for mode in ("nearest", "bilinear"):
            save(source, "elastic", {"a": a, "b": b, "mode": mode},
                 F.elastic_transform(im, field, IM(mode), list(FILL) if im.mode == "RGB" else [fill(im)]))


def mix(source, im):
    """torchvision's AugMix with its weights given: 0.4 x + 0.25 rotate + 0.2 equalize, solarize + 0.15 posterize."""
    x = F.pil_to_tensor(im).float()
    chains = [im.rotate(10, FILTERS["nearest"]), ImageOps.solarize(ImageOps.equalize(im), 100), ImageOps.posterize(im, 3)]
    out = torch.tensor(0.4) * x
    for weight, chain in zip((0.25, 0.2, 0.15), chains):
        out.add_(torch.tensor(weight) * F.pil_to_tensor(chain))
    save(source, "mix", {}, F.to_pil_image(out.to(torch.uint8)))


def main():
    reference = os.path.join(sys.argv[1], "images")
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    # a square one in color, whose right angles turn without a filter, and a wide grey one
    for source, box, mode in (("src_face.png", (20, 10, 56, 46), "RGB"), ("src_shapes.png", (4, 4, 52, 44), "L")):
        im = Image.open(os.path.join(reference, source)).convert(mode).crop(box)
        for step in (operators, perspective, lighting, elastic, mix):
            step(source, im)
    with open(os.path.join(OUT, "augmentations.json"), "w") as f:
        f.write('{"made_by": "tools/golden/picture_augmentations.py", "libraries": ' + json.dumps(
            {"Pillow": PIL.__version__, "torch": torch.__version__.split("+")[0],
             "torchvision": torchvision.__version__.split("+")[0], "timm": timm.__version__})
            + ',\n"pictures": [\n' + ",\n".join(" " + json.dumps(e) for e in ENTRIES) + "\n]}\n")
    print(len(ENTRIES), "results")


if __name__ == "__main__":
    main()
