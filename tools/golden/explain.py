"""Writes linnet-core/src/test/resources/golden/explain.json: heatmaps as the packages grad-cam and captum make them, deletion
and insertion as the authors of RISE measure them, rank correlation and structural similarity as SciPy and scikit-image have
them, and boxes from heatmaps.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31 grad-cam==1.5.7 captum==0.9.0 scipy==1.17.1 \
        scikit-image==0.26.0
    OMP_NUM_THREADS=1 python explain.py SHARED

SHARED is a folder with the published weights data/weights/squeezenet1_1 and tf_efficientnet_lite0 and the pictures of
data/hymenoptera. The small networks are those of zoo.py, with weights and pictures from the hash. Tolerance of the tests:
1e-3 of the norm. Maps of 224x224 are recorded as means of blocks of 8x8.
"""
import json
import os
import sys

import captum
import captum.attr
import numpy as np
import pytorch_grad_cam
import scipy
import scipy.ndimage
import scipy.stats
import skimage
import timm
import torch
import torchvision
from PIL import Image
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, ScoreCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from safetensors.torch import load_file
from skimage.metrics import structural_similarity

import zoo

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "../../linnet-core/src/test/resources/golden/explain.json")
METHODS = {"grad-cam": GradCAM, "grad-cam++": GradCAMPlusPlus, "score-cam": ScoreCAM}


def nums(a, digits=6):
    return [float(f"{float(v):.{digits}g}") for v in np.asarray(a, dtype=np.float64).reshape(-1)]


def gain(name):
    with open(os.path.join(os.path.dirname(OUT), "zoo.json")) as f:
        return next(m["gain"] for m in json.load(f)["models"] if m["name"] == name)


def cams(model, layer, x, classes, transform=None, methods=METHODS):
    found = {}
    for key in methods:
        with METHODS[key](model=model, target_layers=[layer], reshape_transform=transform) as cam:
            found[key] = cam(input_tensor=x, targets=[ClassifierOutputTarget(c) for c in classes])
    return found


def integrated(model, x, classes, steps):
    attributions, delta = captum.attr.IntegratedGradients(model).attribute(
        x, target=torch.tensor(classes), n_steps=steps, internal_batch_size=16, return_convergence_delta=True)
    return attributions.detach().sum(1).numpy(), delta.tolist()


def resnet20():
    model = zoo.build("resnet20", "paper").eval()
    with torch.no_grad():
        zoo.fill(model, gain("resnet20"))
    x = zoo.picture((2, 3, 32, 32))
    classes = [3, 7]
    r = {"model": "resnet20", "gain": gain("resnet20"), "classes": classes, "maps": {}}
    for layer in ("layer3", "layer2"):
        for key, maps in cams(model, getattr(model, layer), x, classes).items():
            r["maps"][f"{key} {layer}"] = nums(maps)
    with torch.no_grad():
        f = model.layer3(model.layer2(model.layer1(torch.relu(model.bn1(model.conv1(x))))))
        r["maps"]["cam"] = nums(torch.einsum("nc,nchw->nhw", model.fc.weight[classes], f))
    attributions, delta = integrated(model, x, classes, 50)
    r["maps"]["integrated-gradients"] = nums(attributions)
    r["delta"] = nums(delta)
    with torch.no_grad():
        at = lambda z: model(z).gather(1, torch.tensor(classes)[:, None])[:, 0]
        r["change"] = nums(at(x) - at(torch.zeros_like(x)))
    # SmoothGrad: 4 copies, sigma 0.2; draws are sqrt(12) u, of variance 1, the same for both pictures
    grads = torch.zeros_like(x)
    for i in range(4):
        noise = torch.from_numpy(np.float32(np.sqrt(12) * zoo.uniform(900 + i, 3 * 32 * 32))).reshape(1, 3, 32, 32)
        span = x.amax((1, 2, 3), keepdim=True) - x.amin((1, 2, 3), keepdim=True)
        grads += captum.attr.Saliency(model).attribute(x + 0.2 * span * noise, target=torch.tensor(classes), abs=False)
    r["maps"]["smooth-grad"] = nums((grads / 4).abs().sum(1))
    occluded = captum.attr.Occlusion(model).attribute(
        x, sliding_window_shapes=(3, 8, 8), strides=(3, 5, 5), target=torch.tensor(classes), baselines=0)
    r["maps"]["occlusion"] = nums(occluded[:, 0])
    r["rise"] = rise(model, x[:1], classes[0], np.float32(nums(attributions[0])).reshape(32, 32), 16)
    return r


# ---------------------------------------------------------------- RISE, https://github.com/eclique/RISE, evaluation.py

def rise(model, x, label, saliency, step):
    delta = np.zeros((11, 11))
    delta[5, 5] = 1
    k = scipy.ndimage.gaussian_filter(delta, 5)
    kernel = np.zeros((3, 3, 11, 11))
    for c in range(3):
        kernel[c, c] = k
    blur = lambda z: torch.nn.functional.conv2d(z, torch.from_numpy(kernel.astype("float32")), padding=5)
    pixels = x.shape[-1] * x.shape[-2]
    order = np.flip(np.argsort(saliency.reshape(-1), kind="stable"))
    r = {"step": step, "saliency": nums(saliency)}
    for mode, start, finish in (("deletion", x.clone(), torch.zeros_like(x)), ("insertion", blur(x), x.clone())):
        steps = (pixels + step - 1) // step
        scores = []
        for i in range(steps + 1):
            with torch.no_grad():
                scores.append(float(torch.softmax(model(start), 1)[0, label]))
            some = torch.from_numpy(order[step * i:step * (i + 1)].copy())
            start.reshape(3, pixels)[:, some] = finish.reshape(3, pixels)[:, some]
        auc = (sum(scores) - scores[0] / 2 - scores[-1] / 2) / (len(scores) - 1)
        r[mode] = {"scores": nums(scores), "area": nums([auc], 9)[0]}
    return r


def vit():
    model = timm.create_model("vit_tiny_patch16_224", dynamic_img_size=True).eval()
    with torch.no_grad():
        zoo.fill(model, gain("vit_tiny_patch16_224"))
    x = zoo.picture((2, 3, 64, 96))
    classes = [11, 500]
    transform = lambda t: t[:, 1:].reshape(t.shape[0], 4, 6, t.shape[2]).permute(0, 3, 1, 2)
    r = {"model": "vit_tiny_patch16_224", "gain": gain("vit_tiny_patch16_224"), "classes": classes, "maps": {}}
    for key, maps in cams(model, model.blocks[-1].norm1, x, classes, transform).items():
        r["maps"][f"{key} blocks.11.norm1"] = nums(maps.reshape(2, 16, 4, 24, 4).mean((2, 4)))
    return r


# ---------------------------------------------------------------- published weights on photographs

def photographs(shared):
    files = ["data/hymenoptera/val/ants/10308379_1b6c72e180.jpg", "data/hymenoptera/val/bees/1032546534_06907fe3b3.jpg"]
    results = []
    for name, layers in (("squeezenet1_1", {"last maps": "features", "features.7": "features.7"}),
                         ("tf_efficientnet_lite0", {"last maps": "bn2", "blocks.6": "blocks.6"})):
        folder = os.path.join(shared, "data/weights", name)
        with open(os.path.join(folder, "config.json")) as f:
            config = json.load(f)["pretrained_cfg"]
        model = torchvision.models.get_model(name) if name.startswith("squeeze") else timm.create_model(name)
        model.load_state_dict(load_file(os.path.join(folder, "model.safetensors")))
        model.eval()
        t = torchvision.transforms
        prepare = t.Compose([  # 224x224 of both, so that blocks of 8x8 fit
            t.Resize(256, interpolation=t.InterpolationMode(config["interpolation"])), t.CenterCrop(224), t.ToTensor(),
            t.Normalize(config["mean"], config["std"])])
        x = torch.stack([prepare(Image.open(os.path.join(shared, f)).convert("RGB")) for f in files])
        with torch.no_grad():
            classes = model(x).argmax(1).tolist()
        r = {"model": name, "pictures": files, "classes": classes, "maps": {}}
        blocks = lambda maps: nums(maps.reshape(len(maps), 28, 8, 28, 8).mean((2, 4)))
        for said, path in layers.items():
            layer = model.get_submodule(path)
            several = [k for k in METHODS if k != "score-cam" or path != "bn2"]
            for key, maps in cams(model, layer, x, classes, methods=several).items():
                r["maps"][f"{key} {said}"] = blocks(maps)
        attributions, delta = integrated(model, x, classes, 50)
        r["maps"]["integrated-gradients"] = blocks(attributions)
        r["delta"] = nums(delta)
        results.append(r)
    return results


# ---------------------------------------------------------------- maps alone

def smooth(k, height, width):
    """A map of a few hills, four digits, with ties."""
    noise = zoo.uniform(k, height * width).reshape(height, width)
    hills = scipy.ndimage.gaussian_filter(noise, 4)
    hills = (hills - hills.min()) / (hills.max() - hills.min())
    return np.float32(np.round(hills, 2))


def similarities():
    rows = []
    for k, (height, width) in enumerate(((24, 31), (9, 9), (5, 8))):
        a, b = smooth(40 + k, height, width), smooth(60 + k, height, width)
        b = np.float32(np.round(0.5 * a + 0.5 * b, 2))
        side = min(7, min(height, width) - 1 + min(height, width) % 2)
        rows.append({
            "height": height, "width": width, "a": nums(a), "b": nums(b),
            "rank": nums([scipy.stats.spearmanr(a.reshape(-1), b.reshape(-1)).statistic], 12)[0],
            "structural": nums([structural_similarity(np.float64(a), np.float64(b), data_range=1.0, win_size=side)], 12)[0],
        })
    return rows


def box(scaled, threshold):
    """Left, top, right, bottom of the largest part; scipy numbers parts from the top."""
    labels, count = scipy.ndimage.label(scaled > threshold, structure=np.ones((3, 3)))
    if count == 0:
        return None
    largest = 1 + int(np.argmax(np.bincount(labels.reshape(-1))[1:]))
    rows, columns = scipy.ndimage.find_objects(labels)[largest - 1]
    return [columns.start, rows.start, columns.stop, rows.stop]


def iou(a, b):
    if a is None:
        return 0.0
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0, width) * max(0, height)
    area = lambda q: (q[2] - q[0]) * (q[3] - q[1])
    return both / (area(a) + area(b) - both)


def localization():
    pictures, thresholds = [], [i / 100 for i in range(100)]
    overlaps = np.zeros((8, 100))
    single = np.zeros(8)
    answered = [k % 3 != 0 for k in range(8)]
    for k in range(8):
        height, width = 30 + k, 44 - 2 * k
        m = smooth(80 + k, height, width)
        scaled = np.float32((m - m.min()) / (m.max() - m.min()))
        guess = box(scaled, np.float32(0.55))
        truth = [[max(0, guess[0] - k), guess[1], min(width, guess[2] + 1), guess[3]], [0, 0, 5, 5]][:1 + k % 2]
        for i, threshold in enumerate(thresholds):
            overlaps[k, i] = max(iou(box(scaled, threshold), t) for t in truth)
        single[k] = max(iou(box(scaled, 0.4), t) for t in truth)
        pictures.append({
            "height": height, "width": width, "map": nums(m), "truth": truth, "answered": answered[k],
            "boxes": [box(scaled, t) for t in (0.2, 0.4, 0.6, 0.8)],
        })
    share = lambda delta: (overlaps >= delta).mean(0)
    return {
        "pictures": pictures,
        "max_box_acc": float(share(0.5).max()), "best_threshold": thresholds[int(share(0.5).argmax())],
        "max_box_acc_v2": float(np.mean([share(d).max() for d in (0.3, 0.5, 0.7)])),
        "gt_known": float((single >= 0.5).mean()),
        "top1": float(((single >= 0.5) & np.array(answered)).mean()),
    }


def main():
    shared = sys.argv[1]
    r = {
        "libraries": {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0],
                      "timm": timm.__version__, "grad-cam": "1.5.7", "captum": captum.__version__,
                      "scipy": scipy.__version__, "scikit-image": skimage.__version__},
        "networks": [resnet20(), vit()],
        "similarity": similarities(),
        "localization": localization(),
        "photographs": photographs(shared),
    }
    with open(OUT, "w") as f:
        f.write("{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in r.items()) + "\n}\n")


main()
