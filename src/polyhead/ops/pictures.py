"""Text and colours on images."""

import colorsys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

GOLDEN_TURN = 0.618033988749895  # of a circle: successive hues stay far apart, however many there are


def colour(index: int) -> tuple[int, int, int]:
    """Return the RGB (0 to 255) of a class number: near numbers look far apart."""
    red, green, blue = colorsys.hsv_to_rgb((0.58 + GOLDEN_TURN * index) % 1.0, 0.85, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def caption(image: Tensor, text: str) -> Tensor:
    """Return the (3, H, W) uint8 image with a line of text on a dark strip along its top."""
    picture = as_pil(image)
    pen = ImageDraw.Draw(picture)
    size = max(8, min(image.shape[1:]) // 16)
    pen.rectangle((0, 0, picture.width, round(1.4 * size)), fill=(0, 0, 0))
    pen.text((2, 0), text, fill=(255, 255, 255), font_size=size)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).to(image.device)


def as_pil(image: Tensor) -> Image.Image:
    """Return the (3, H, W) uint8 image as Pillow's; torchvision, which has such a function, takes seconds to import."""
    return Image.fromarray(image.permute(1, 2, 0).cpu().numpy())


def save(image: Tensor, path: Path) -> None:
    """Write the (3, H, W) uint8 image as a PNG file."""
    as_pil(image).save(path, format="PNG", compress_level=1)


def strip(pictures: list[Tensor], gap: int = 4) -> Tensor:
    """Return (3, H, W) uint8 pictures of one height side by side, with a white gap between."""
    space = torch.full((3, pictures[0].shape[1], gap), 255, dtype=torch.uint8)
    parts = [part for picture in pictures for part in (picture.cpu(), space)]
    return torch.cat(parts[:-1], dim=2)
