"""What every test shares."""

import logging

import torch

torch.set_num_threads(1)  # tiny tensors: a second thread only waits, and waits long on a busy machine
logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
