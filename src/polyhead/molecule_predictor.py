"""A trained model of molecules and how to ask it: SMILES in, plain data out, without Lightning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, final

import torch

from polyhead.chemistry.featurising import Wanted
from polyhead.chemistry.graphs import Graphs
from polyhead.chemistry.standardising import Rules, standardise
from polyhead.chemistry.store import open_store
from polyhead.contracts import Record
from polyhead.model import Model

ERROR = "error"
"""What stands in an answer, instead of the heads' records, where a molecule could not be read: the reason."""


@final
class MoleculePredictor:
    """A model of molecules, with what its training data did to them.

    Args:
        model: Of the heads to ask.
        rules: What becomes of salts and the like.
        wanted: What the model takes beside the graphs.
        device: Where the network runs.
    """

    noun: Literal["molecule"] = "molecule"

    def __init__(
        self,
        model: Model,
        rules: Rules,
        wanted: Wanted,
        device: str = "cpu",
    ) -> None:
        self.model = model.deploy().to(device)
        self.rules = rules
        self.wanted = wanted
        self.device = device

    def predict(self, *smiles: str, score: float | None = None, batch: int = 256) -> list[dict[str, Record]]:
        """Return one dict a molecule: the record of every head, or {"error": {"reason": why}} where a SMILES is none.

        Args:
            smiles: The molecules.
            score: Of classes, where those below it are to be left out; None: each head's own best threshold.
            batch: How many molecules go through the network at once.
        """
        return list(self.stream(smiles, score=score, batch=batch))

    def stream(
        self, smiles: Sequence[str], *, score: float | None = None, batch: int = 256
    ) -> Iterator[dict[str, Record]]:
        """Yield the answers of `predict`, batch after batch, in the order of the molecules."""
        for start in range(0, len(smiles), batch):
            looks = [standardise(cell.strip(), self.rules) for cell in smiles[start : start + batch]]
            sound = [look.canonical for look in looks if look.canonical]
            answers = iter(self.answer(sound, score) if sound else [])
            yield from (
                next(answers) if look.canonical else {ERROR: {"reason": look.oddities[-1].reason}} for look in looks
            )

    def placed(self, inputs: Graphs) -> Graphs:
        """Return inputs where the network runs."""
        return inputs.to(self.device)

    @torch.inference_mode()
    def answer(self, smiles: Sequence[str], score: float | None) -> list[dict[str, Record]]:
        """Return the records of n >= 1 molecules, whose SMILES are sound."""
        graphs = open_store(smiles, self.wanted, disk=False).take(range(len(smiles)))
        answers: list[dict[str, Record]] = [{} for _ in smiles]
        for name, outputs in self.model(self.placed(graphs)).items():
            head = self.model.named_heads()[name]
            for answer, record in zip(answers, head.records(head.predict(outputs), score), strict=True):
                answer[name] = record
        return answers


def predictor_of(model: Model, data: Mapping[str, Any], device: str = "cpu") -> MoleculePredictor:
    """Return the predictor of a model that was trained on molecules as the node `data` of its recipe says."""
    rules = Rules(**{field.name: data[field.name] for field in fields(Rules)})
    return MoleculePredictor(model, rules, Wanted(tuple(data["descriptors"]), data["pictures"]), device)
