"""Graph convolutions: the features of molecules."""

from polyhead.backbones.molecules.backbone import Molecules

__all__ = ["Molecules"]
