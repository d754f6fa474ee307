"""The arithmetic that the hardware at hand does best."""

import torch

BF16_UNITS = ("amx_bf16", "avx512_bf16")


def automatic(accelerator: str = "auto", *, graphs: bool = False) -> str:
    """Return Lightning's name of the precision to train in.

    bf16 where there are matrix units for it (CPUs with AMX or AVX512-BF16; Ampere GPUs and later), fp16 on older CUDA
    GPUs, else fp32.

    Args:
        accelerator: Lightning's name of the hardware; "auto" takes a GPU where there is one.
        graphs: Whether the network convolves graphs, by matrix products. Those may take a CPU 20 times as long in bf16
            (torch 2.14.1 on an EPYC with AVX512-BF16, which convolves images faster in it).
    """
    if accelerator in {"auto", "gpu", "cuda"} and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.get_device_capability() >= (8, 0) else "16-mixed"
    if accelerator in {"auto", "gpu", "mps"} and torch.backends.mps.is_available():
        return "32-true"
    found = {} if graphs else torch.cpu.get_capabilities()
    return "bf16-mixed" if any(found.get(unit) for unit in BF16_UNITS) else "32-true"
