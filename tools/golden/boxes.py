"""Records how torchvision and pycocotools read boxes: two small data sets, and what they see in them.

    pip install torchvision==0.25.0 pycocotools==2.0.11 pillow==13.0.0
    python tools/golden/boxes.py

Result: linnet-core/src/test/resources/golden/boxes: voc/ and coco/ as they are downloaded, and boxes.json with each
box that is neither difficult nor round a crowd: the name of its class, its whole pixels (left, top, right, bottom,
counted from 0, half-open, rounded outward), and SHA-256 of those pixels (RGB).
"""
import hashlib
import importlib.metadata
import json
import math
import os
import random
import shutil

import torchvision
from PIL import Image
from pycocotools.coco import COCO

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "linnet-core", "src", "test", "resources", "golden", "boxes")
NAMES = ["person", "dog", "traffic light", "cat"]
WIDTH, HEIGHT = 37, 29


def picture(draw):
    return Image.frombytes("RGB", (WIDTH, HEIGHT), draw.randbytes(WIDTH * HEIGHT * 3))


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def box(draw):
    left, right = sorted(draw.sample(range(1, WIDTH + 1), 2))
    top, bottom = sorted(draw.sample(range(1, HEIGHT + 1), 2))
    return left, top, right, bottom


def voc(draw, root):
    root = os.path.join(root, "VOCdevkit", "VOC2012")
    os.makedirs(os.path.join(root, "JPEGImages"))
    lists = {"train": ["2008_000008", "2008_000015"], "val": ["2008_000007"]}
    for name in sorted(sum(lists.values(), [])):
        picture(draw).save(os.path.join(root, "JPEGImages", name + ".jpg"), "PNG")  # torchvision wants .jpg; no loss
        objects = ""
        for _ in range(4):
            values = [str(v) for v in box(draw)]
            if draw.random() < 0.3:
                values[0] = str(float(values[0]) + 0.25)
            objects += "\t<object>\n\t\t<name>%s</name>\n\t\t<difficult>%d</difficult>\n\t\t<bndbox>%s</bndbox>\n\t</object>\n" % (
                draw.choice(NAMES), draw.random() < 0.3,
                "".join("<%s>%s</%s>" % (k, v, k) for k, v in zip(("xmin", "ymin", "xmax", "ymax"), values)))
        write(os.path.join(root, "Annotations", name + ".xml"),
              "<annotation>\n\t<filename>%s.jpg</filename>\n\t<size><width>%d</width><height>%d</height><depth>3</depth></size>\n%s</annotation>\n"
              % (name, WIDTH, HEIGHT, objects))
    for split, names in lists.items():
        write(os.path.join(root, "ImageSets", "Main", split + ".txt"), "".join(n + "\n" for n in names))
        write(os.path.join(root, "ImageSets", "Main", "dog_%s.txt" % split), "".join(n + " -1\n" for n in names))


def coco(draw, root):
    categories = [{"id": i, "name": n} for i, n in ((1, "person"), (18, "dog"), (10, "traffic light"), (17, "cat"))]
    number = 100
    for split, count in (("train2017", 2), ("val2017", 1)):
        os.makedirs(os.path.join(root, split))
        images, annotations = [], []
        for _ in range(count):
            number += 7
            name = "%012d.png" % number
            picture(draw).save(os.path.join(root, split, name))
            images.append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT, "license": 1})
            for _ in range(4):
                left, top, right, bottom = box(draw)
                left, top = left - 1 + draw.choice((0, 0.37)), top - 1 + draw.choice((0, 0.5))
                annotations.append({
                    "id": len(annotations) + 1, "image_id": number, "category_id": draw.choice(categories)["id"],
                    "bbox": [left, top, right - left, bottom - top], "area": 1.5, "iscrowd": int(draw.random() < 0.2),
                    "segmentation": [[left, top, right, top, right, bottom]]})
        draw.shuffle(annotations)
        write(os.path.join(root, "annotations", "instances_%s.json" % split),
              json.dumps({"info": {"year": 2017}, "licenses": [], "images": images, "annotations": annotations,
                          "categories": categories}))


def seen(name, image, label, left, top, right, bottom):
    whole = [math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)]
    pixels = hashlib.sha256(image.crop(whole).tobytes()).hexdigest()
    return {"picture": name, "class": label, "box": whole, "pixels": pixels}


def read_voc(root, split):
    rows = []
    data = torchvision.datasets.VOCDetection(root, year="2012", image_set=split)
    for image, target in data:
        for o in target["annotation"]["object"]:
            if o["difficult"] == "0":
                b = {k: float(v) for k, v in o["bndbox"].items()}
                rows.append(seen(target["annotation"]["filename"], image.convert("RGB"), o["name"],
                                 b["xmin"] - 1, b["ymin"] - 1, b["xmax"], b["ymax"]))
    return rows


def read_coco(root, split):
    rows = []
    data = COCO(os.path.join(root, "annotations", "instances_%s.json" % split))
    for info in data.loadImgs(data.getImgIds()):
        image = Image.open(os.path.join(root, split, info["file_name"])).convert("RGB")
        for a in data.loadAnns(data.getAnnIds(imgIds=info["id"], iscrowd=False)):
            left, top, width, height = a["bbox"]
            rows.append(seen(info["file_name"], image, data.loadCats(a["category_id"])[0]["name"],
                             left, top, left + width, top + height))
    return rows, [c["name"] for c in data.loadCats(sorted(data.getCatIds()))]  # as detectron2 numbers them


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    draw = random.Random(10)
    voc(draw, os.path.join(OUT, "voc"))
    coco(draw, os.path.join(OUT, "coco"))
    doc = {}
    for split in ("train", "val"):
        doc["voc " + split] = read_voc(os.path.join(OUT, "voc"), split)
        doc["coco " + split], doc["coco classes"] = read_coco(os.path.join(OUT, "coco"), split + "2017")
    with open(os.path.join(OUT, "boxes.json"), "w") as f:
        f.write('{"made_by": "tools/golden/boxes.py", "libraries": ' + json.dumps({
            name: importlib.metadata.version(name) for name in ("torchvision", "pycocotools", "pillow")}))
        for key, rows in doc.items():
            f.write(',\n"%s": [\n%s\n]' % (key, ",\n".join(" " + json.dumps(row) for row in rows)))
        f.write("}\n")


main()
