"""A trained model of molecules and how to ask it: SMILES in, plain data out, without Lightning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, final

import torch

from polyhead.chemistry.featurising import Wanted
from polyhead.chemistry.graphs import Graphs
from polyhead.chemistry.standardising import Rules, standardise
from polyhead.chemistry.store import open_store
from polyhead.chemistry.trust import NOTHING, PLACE, Trust
from polyhead.contracts import Record
from polyhead.ensemble import ask
from polyhead.ensemble import records as spread_records
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
        trust: What is told beside its answers.

    Attributes:
        others: Models that are asked with it: answers are their means then, with their spread.
    """

    noun: Literal["molecule"] = "molecule"

    def __init__(
        self,
        model: Model,
        rules: Rules,
        wanted: Wanted,
        device: str = "cpu",
        trust: Trust = NOTHING,
    ) -> None:
        self.model = model.deploy().to(device)
        self.rules = rules
        self.wanted = wanted
        self.device = device
        self.trust = trust
        self.others: tuple[Model, ...] = ()

    @property
    def prepares(self) -> tuple[object, ...]:
        """What becomes of molecules before the network sees them."""
        return self.rules, self.wanted

    def predict(self, *smiles: str, score: float | None = None, batch: int = 256) -> list[dict[str, Record]]:
        """Return one dict a molecule: the record of every head, or {"error": {"reason": why}} where a SMILES is none.

        Where the run kept what its training molecules are like, `domain` tells where the molecule stands to them.

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
        graphs = self.placed(open_store(smiles, self.wanted, disk=False).take(range(len(smiles))))
        answers: list[dict[str, Record]] = [{} for _ in smiles]
        for name, records in self.records(graphs, score):
            for answer, record in zip(answers, records, strict=True):
                answer[name] = record
        places = self.trust.places(smiles)
        return [answer | ({PLACE: place} if place else {}) for answer, place in zip(answers, places, strict=True)]

    def records(self, graphs: Graphs, score: float | None) -> Iterator[tuple[str, list[Record]]]:
        """Yield each head's name and records: with the spread of several models, or with what one of them promises.

        Promises were made for one model alone, so that several make none.
        """
        heads = self.model.named_heads()
        if self.others:
            for name, several in ask((self.model, *self.others), graphs).items():
                yield name, spread_records(heads[name], several, score)
            return
        for name, outputs in self.model(graphs).items():
            predictions = heads[name].predict(outputs)
            records = heads[name].records(predictions, score)
            if name in self.trust.calibrations:
                promises = self.trust.beside(name, predictions.cpu().double().numpy())
                records = [record | promise for record, promise in zip(records, promises, strict=True)]
            yield name, records


def predictor_of(
    model: Model, data: Mapping[str, Any], device: str = "cpu", trust: Trust = NOTHING
) -> MoleculePredictor:
    """Return the predictor of a model that was trained on molecules as the node `data` of its recipe says."""
    rules = Rules(**{field.name: data[field.name] for field in fields(Rules)})
    return MoleculePredictor(model, rules, Wanted(tuple(data["descriptors"]), data["pictures"]), device, trust)
