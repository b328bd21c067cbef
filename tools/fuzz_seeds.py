"""Writes the first inputs of the fuzz tests below linnet-core/src/test/resources/dev/linnet.

    pip install torch==2.10.0 numpy pillow safetensors
    python tools/fuzz_seeds.py
"""
import collections
import gzip
import io
import json
import os
import struct
import tarfile

import numpy
import torch
from PIL import Image
from safetensors.torch import save

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "../linnet-core/src/test/resources/dev/linnet")


def write(test, target, name, data):
    folder = os.path.join(OUT, test + "Inputs", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def torch_bytes(value, zip_format):
    out = io.BytesIO()
    torch.save(value, out, _use_new_zipfile_serialization=zip_format)
    return out.getvalue()


def weights():
    state = collections.OrderedDict(
        a=torch.arange(6.0).reshape(2, 3), b=torch.arange(4).half(), c=torch.tensor(3))
    test = "weights/WeightsFuzzTest"
    write(test, "safetensors", "three", save(state, {"format": "pt"}))
    write(test, "safetensors", "huge-header", struct.pack("<Q", 2**63) + b"{}")
    index = {"metadata": {}, "weight_map": {"a": "weights-1.safetensors"}}
    write(test, "index", "one", json.dumps(index).encode())
    write(test, "index", "itself", json.dumps({"weight_map": {"a": "weights"}}).encode())
    shared = torch.arange(8.0)
    views = {"t": shared.reshape(2, 4).t(), "e": shared[:1].expand(3, 1), "bf": shared.bfloat16()}
    for target, zip_format in (("torchZip", True), ("torchLegacy", False)):
        write(test, target, "state", torch_bytes(state, zip_format))
        write(test, target, "views", torch_bytes({"state_dict": views, "epoch": 3}, zip_format))
    config = {
        "architecture": "resnet18",
        "num_classes": 2,
        "label_names": ["a", "b"],
        "model_args": {"in_chans": 1, "drop_rate": 0.5, "act_layer": "silu"},
        "pretrained_cfg": {"input_size": [1, 64, 96], "mean": [0.5], "std": [0.25], "crop_pct": 0.9,
                           "interpolation": "bicubic", "crop_mode": "squash", "num_classes": 2},
    }
    write(test, "config", "whole", json.dumps(config).encode())
    write(test, "config", "short", b'{"architecture": "lenet5"}')


def two(first, second):
    """As DataFuzzTest splits them."""
    first += b"\0" * (len(first) % 2)
    return bytes([len(first) // 2]) + first + second


def data():
    test = "data/DataFuzzTest"
    pictures = struct.pack(">IIII", 0x803, 2, 3, 3) + bytes(range(18))
    labels = struct.pack(">II", 0x801, 2) + bytes([0, 1])
    write(test, "idx", "two", two(labels, pictures))
    packed = [gzip.compress(content, mtime=0) for content in (labels, pictures)]
    write(test, "idxPacked", "two", two(*packed))
    record = bytes([3, 7]) + bytes(3072)
    write(test, "cifar", "train", two(b"", record))
    write(test, "cifar", "both-short", two(record[:40], record))
    png = io.BytesIO()
    Image.new("RGB", (2, 2), (255, 0, 0)).save(png, "PNG")
    for name, mode in (("plain", "w"), ("gz", "w:gz")):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode) as tar:
            for path in ("train/cat/1.png", "train/dog/1.png", "val/cat/1.png", "val/dog/1.png"):
                info = tarfile.TarInfo(path)
                info.size = len(png.getvalue())
                tar.addfile(info, io.BytesIO(png.getvalue()))
        write(test, "tar", name, out.getvalue())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, kind in (("../evil/1.png", tarfile.REGTYPE), ("/etc/1.png", tarfile.REGTYPE),
                           ("a/1.png", tarfile.SYMTYPE), ("a/2.png", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(path)
            info.type = kind
            info.linkname = "/etc/passwd"
            tar.addfile(info)
    write(test, "tar", "evil", out.getvalue())


def boxes():
    test = "data/DataFuzzTest"
    voc = """<annotation><filename>a.png</filename>
<size><width>12</width><height>10</height><depth>3</depth></size>
<object><name>dog</name><difficult>0</difficult>
<bndbox><xmin>%s</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox>
<part><name>head</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part>
</object></annotation>
"""
    write(test, "voc", "one", (voc % "1").encode())
    write(test, "voc", "far", (voc % "-1e300").encode())
    write(test, "voc", "utf16", (voc % "3").encode("utf-16"))
    write(test, "voc", "laughs", b"""<!DOCTYPE annotation [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>
<annotation><filename>&c;&d;</filename></annotation>""")
    coco = {
        "info": {"year": 2017},
        "images": [{"id": 1, "file_name": "a.png", "height": 10, "width": 12}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1.5, 2, 6.2, 4], "iscrowd": 0,
             "segmentation": [[1, 2, 3, 4, 5, 6]]},
            {"id": 2, "image_id": 1, "category_id": 5, "bbox": [0, 0, 12, 10], "iscrowd": 1,
             "segmentation": {"counts": "abc", "size": [10, 12]}}],
        "categories": [{"id": 3, "name": "dog"}, {"id": 5, "name": "cat"}],
    }
    write(test, "coco", "one", json.dumps(coco).encode())
    coco["annotations"][0]["bbox"] = [-1e308, 1e308, 1e308, 2]
    write(test, "coco", "far", json.dumps(coco).encode())
    write(test, "coco", "deep", b'{"images": ' + b"[" * 2000)


def headers():
    picture = Image.fromarray(numpy.arange(192, dtype="uint8").reshape(8, 8, 3))
    exif = Image.Exif()
    exif[274] = 6
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"):
        out = io.BytesIO()
        picture.save(out, kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}))
        write("image/HeaderFuzzTest", "header", kind.lower(), out.getvalue())


weights()
data()
boxes()
headers()
