"""Train a U-Net with a ResNet-18 encoder from scratch, and write its masks of the test images.

unet.py DATA EPOCHS SEED SIZE OUT: DATA holds SPLIT/images and SPLIT/masks (0 is background); OUT gets masks in the
images' own sizes. The library leaves training to its users, so this is the usual recipe: Dice and cross-entropy, AdamW
at 1e-3 with a cosine, flips and quarter turns, the best epoch on the validation images.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import segmentation_models_pytorch as smp
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

BATCH = 8
Pairs = tuple[Tensor, Tensor]


def picture(path: Path, size: int) -> Tensor:
    """Return an image of size x size as (3, size, size) in [0, 1]."""
    image = Image.open(path).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255


def load(folder: Path, size: int) -> Pairs:
    """Return the images (N, 3, size, size) and masks (N, 1, size, size) of a split."""
    paths = sorted((folder / "masks").glob("*.png"))
    images = [picture(next((folder / "images").glob(f"{path.stem}.*")), size) for path in paths]
    masks = [np.array(Image.open(path).resize((size, size), Image.Resampling.NEAREST)) > 0 for path in paths]
    return torch.stack(images), torch.from_numpy(np.stack(masks))[:, None].float()


@torch.inference_mode()
def iou(network: nn.Module, images: Tensor, masks: Tensor) -> float:
    """Return the intersection over union of what is not background."""
    network.eval()
    found = torch.cat([network(part) > 0 for part in images.split(BATCH)])
    network.train()
    return float((found & masks.bool()).sum() / (found | masks.bool()).sum())


def train(network: nn.Module, train: Pairs, val: Pairs, epochs: int) -> float:
    """Train, leave the best weights in the network, and return images a second without validation."""
    dice, best, kept, taken = smp.losses.DiceLoss("binary"), -1.0, {}, 0.0
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * -(-len(train[0]) // BATCH))
    for epoch in range(epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(train[0])).split(BATCH):
            turn, flip = int(torch.randint(4, ())), [-1] * int(torch.randint(2, ()))
            images, masks = (torch.rot90(part[rows], turn, (-2, -1)).flip(flip).contiguous() for part in train)
            logits = network(images)
            loss = dice(logits, masks) + F.binary_cross_entropy_with_logits(logits, masks)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        taken += time.perf_counter() - start
        if epoch % 4 == 3 or epoch == epochs - 1:
            found = iou(network, *val)
            print(f"epoch {epoch + 1}: val IoU {found:.3f}", flush=True)
            if found > best:
                best, kept = found, {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(kept)
    return epochs * len(train[0]) / taken


@torch.inference_mode()
def write_masks(network: nn.Module, folder: Path, size: int, out: Path) -> None:
    """Write a mask for each image of a split that has one."""
    network.eval()
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted((folder / "masks").glob("*.png")):
        file = next((folder / "images").glob(f"{path.stem}.*"))
        with Image.open(file) as image:
            sides = (image.height, image.width)
        logits = F.interpolate(network(picture(file, size)[None]), sides, mode="bilinear")
        Image.fromarray((logits[0, 0] > 0).numpy().astype(np.uint8)).save(out / path.name)


def main() -> None:
    """Train, write, and print how fast it was."""
    data, epochs, seed, size, out = sys.argv[1:]
    torch.manual_seed(int(seed))
    network = smp.Unet("resnet18", encoder_weights=None, classes=1)
    splits = [load(Path(data) / split, int(size)) for split in ("train", "val")]
    speed = train(network, *splits, int(epochs))
    write_masks(network, Path(data) / "test", int(size), Path(out))
    print(json.dumps({"images_a_second": round(speed, 2)}))


if __name__ == "__main__":
    main()
