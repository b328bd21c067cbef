#!/usr/bin/env python3
"""Reads what Linnet wrote for TensorBoard with TensorBoard's own code, and fails at any warning.

    pip install tensorboard==2.21.0 pillow
    python tools/check_tensorboard.py RUN [PROJECTOR]

RUN is a run's folder with its event files; PROJECTOR is a folder of `linnet embed --tensorboard`.
"""
import io
import logging
import os
import sys
import warnings

warnings.simplefilter("error")
logged = []


class Keep(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.WARNING:
            logged.append(record.getMessage())


logging.getLogger().addHandler(Keep())
for name in ("tensorboard", "absl"):
    logging.getLogger(name).addHandler(Keep())

from google.protobuf import text_format  # noqa: E402
from PIL import Image  # noqa: E402
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: E402
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig  # noqa: E402
from tensorboard.util import tensor_util  # noqa: E402


def events(folder):
    data = EventAccumulator(folder, size_guidance={"tensors": 0, "images": 0, "histograms": 0, "scalars": 0})
    data.Reload()
    tags = data.Tags()
    print("scalars", len(tags["scalars"]), "images", len(tags["images"]), "histograms", len(tags["histograms"]),
          "tensors", len(tags["tensors"]))
    for tag in tags["images"]:
        for image in data.Images(tag):
            shown = Image.open(io.BytesIO(image.encoded_image_string))
            shown.load()
            assert shown.size == (image.width, image.height), tag
    for tag in tags["histograms"]:
        for event in data.Histograms(tag):
            h = event.histogram_value
            assert len(h.bucket) == len(h.bucket_limit) and abs(sum(h.bucket) - h.num) < 0.5, tag
            assert list(h.bucket_limit) == sorted(h.bucket_limit), tag
    for tag in tags["tensors"]:
        for event in data.Tensors(tag):
            tensor_util.make_ndarray(event.tensor_proto)


def projector(folder):
    config = ProjectorConfig()
    with open(os.path.join(folder, "projector_config.pbtxt")) as f:
        text_format.Parse(f.read(), config)
    one = config.embeddings[0]
    with open(os.path.join(folder, one.tensor_path), encoding="utf-8") as f:
        rows = [[float(v) for v in line.rstrip("\n").split("\t")] for line in f]
    with open(os.path.join(folder, one.metadata_path), encoding="utf-8") as f:
        names = f.read().rstrip("\n").split("\n")
    assert len(rows) == one.tensor_shape[0] and {len(r) for r in rows} == {one.tensor_shape[1]}
    assert len(names) == len(rows) + 1 and names[0] == "picture\tclass", "head, then a line a row"
    assert all(line.count("\t") == 1 for line in names)
    sprite = Image.open(os.path.join(folder, one.sprite.image_path))
    sprite.load()
    width, height = one.sprite.single_image_dim
    columns = sprite.width // width
    assert sprite.width % width == 0 and sprite.height % height == 0
    assert columns * (sprite.height // height) >= len(rows)
    # TensorBoard divides the sprite into as many columns as the root of the number of points, rounded up.
    assert columns == int(len(rows) ** 0.5 + 0.999999)
    print("projector", one.tensor_name, list(one.tensor_shape), "sprite", sprite.size)


if __name__ == "__main__":
    events(sys.argv[1])
    if len(sys.argv) > 2:
        projector(sys.argv[2])
    if logged:
        sys.exit("warnings:\n" + "\n".join(logged))
    print("ok")
