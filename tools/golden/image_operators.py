"""Copies the reference results of the operators on pictures into the tests.

    python tools/golden/image_operators.py REFERENCE_FOLDER

REFERENCE_FOLDER holds images.json and images/*.png, which images.py there made with Pillow 13.0.0, torchvision 0.25.0
and timm 1.0.31. Result: linnet-core/src/test/resources/golden/images/{operators.json,operators/*.png}, every result
and the source pictures; and policies.json, the tables of magnitudes and policies.
"""
import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "linnet-core", "src", "test", "resources", "golden", "images")


def main():
    reference = sys.argv[1]
    with open(os.path.join(reference, "images.json")) as f:
        doc = json.load(f)
    entries = doc["pictures"]
    folder = os.path.join(OUT, "operators")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in sorted({e["file"] for e in entries} | {e["source"] for e in entries}):
        shutil.copyfile(os.path.join(reference, "images", name), os.path.join(folder, name))
    with open(os.path.join(OUT, "operators.json"), "w") as f:
        f.write('{"made_by": "tools/golden/image_operators.py", "libraries": ' + json.dumps(doc["libraries"]) + ',\n"pictures": [\n'
                + ",\n".join(" " + json.dumps(e) for e in entries) + "\n]}\n")
    with open(os.path.join(OUT, "policies.json"), "w") as f:
        f.write('{"made_by": "tools/golden/image_operators.py", "libraries": ' + json.dumps(doc["libraries"]) + ",\n"
                + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in doc["tables"].items()) + "\n}\n")
    print(len(entries), "results")


if __name__ == "__main__":
    main()
