"""Which answer is explained, and what its explanation says."""

import math

import pytest
import torch
from rdkit import Chem
from torch import Tensor

from polyhead.backbones.molecules import Molecules
from polyhead.chemistry.features import ATOM, featurise
from polyhead.chemistry.graphs import Graphs, collate
from polyhead.contracts import Backbone, Features, FeatureSpec
from polyhead.errors import UserError
from polyhead.explanation import Question, explain, numbers, question
from polyhead.heads.classification import Classification
from polyhead.heads.regression import Regression
from polyhead.model import Model

SMILES = ["CCO", "c1ccccc1O", "O", "CC#N"]
BATCH = collate([featurise(Chem.MolFromSmiles(text)) for text in SMILES])


def model() -> Model:
    """Return a small network that was not trained, with a head of each kind."""
    torch.manual_seed(0)
    body = Molecules(width=16, depth=2)
    heads = {
        "size": Regression(body.spec, ("mass", "volume")),
        "flags": Classification(body.spec, ("toxic", "soluble"), multilabel=True),
        "kind": Classification(body.spec, ("acid", "base", "other")),
        "melting": Regression(body.spec, ("point",)),
    }
    for name in ("size", "melting"):
        heads[name].adapt([torch.tensor([[100.0, 20.0], [300.0, 90.0]])[:, : len(heads[name].labels)]])
    return Model(body, heads).eval()


@pytest.mark.parametrize(
    ("head", "target", "wanted"),
    [
        ("size", "volume", Question("size", 1)),
        (None, "soluble", Question("flags", 1)),
        ("melting", None, Question("melting", 0)),
        ("kind", None, Question("kind", None)),
    ],
)
def test_a_head_or_a_target_says_what_is_meant(head: str | None, target: str | None, wanted: Question) -> None:
    assert question(model(), head, target) == wanted


@pytest.mark.parametrize(
    ("head", "target", "words"),
    [
        ("sise", None, r"no head 'sise' \(did you mean 'size'\?\)"),
        ("size", "mas", r"no target 'mas' \(did you mean 'mass'\?\); choices: mass, volume"),
        (None, None, "several heads may be meant; choose one with --head: flags, kind, melting, size"),
    ],
)
def test_what_is_not_there_or_not_clear_is_said_with_the_choices(
    head: str | None, target: str | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        question(model(), head, target)


def test_of_several_values_one_has_to_be_chosen() -> None:
    with pytest.raises(UserError, match="size answers about several things; choose one with --target: mass, volume"):
        explain(model(), BATCH, Question("size", None))


@pytest.mark.parametrize("method", ["gradients", "masking"])
@pytest.mark.parametrize("asked", [Question("size", 1), Question("flags", 0), Question("melting", 0)])
def test_the_score_is_what_the_model_says_and_every_atom_has_a_contribution(asked: Question, method: str) -> None:
    network = model()
    with torch.no_grad():
        said = network.named_heads()[asked.head].predict(network(BATCH)[asked.head])
    found = explain(network, BATCH, asked, method)  # type: ignore[arg-type]  # a name of a method
    assert [one.score for one in found] == pytest.approx(said[:, asked.column].tolist(), rel=1e-5)
    assert [len(one.atoms) for one in found] == [3, 7, 1, 3]


def test_contributions_add_up_from_what_is_said_of_nothing_to_what_is_said() -> None:
    for one in explain(model(), BATCH, Question("size", 0)):
        assert one.blank + sum(one.atoms) == pytest.approx(one.score, abs=2 * one.error + 1e-6)
        assert one.error < 0.15 * sum(map(abs, one.atoms))
    assert all(math.isnan(one.blank) for one in explain(model(), BATCH, Question("size", 0), "masking"))


def test_each_molecule_is_explained_for_the_class_that_is_likeliest_of_it() -> None:
    network = model()
    layer = network.named_heads()["kind"].layer[-1]  # type: ignore[union-attr]  # linear
    with torch.no_grad():  # each of the first three molecules is like a class of its own
        pooled = network.backbone(BATCH).pooled[:3]
        layer.weight.copy_(100 * (pooled - pooled.mean(0)))  # type: ignore[operator,union-attr]
        layer.bias.copy_(-(layer.weight @ pooled.mean(0)))  # type: ignore[operator,union-attr]
        best = numbers(network, "kind", BATCH).argmax(1).tolist()
    assert best[:3] == [0, 1, 2]
    found = explain(network, BATCH, Question("kind", None))
    labels = network.named_heads()["kind"].labels
    assert [one.target for one in found] == [labels[place] for place in best]
    alone = explain(network, BATCH.take(torch.tensor([1])), Question("kind", best[1]))
    assert found[1].atoms == pytest.approx(alone[0].atoms, abs=1e-5)


class Elements(Backbone):
    """Features of a molecule: how many oxygens it has; it has no embeddings."""

    spec = FeatureSpec((1,), (), 1)

    def forward(self, inputs: Graphs) -> Features:
        """Return them."""
        oxygen = (inputs.atoms[:, :1] == ATOM["element"].index("O")).float()
        pooled: Tensor = torch.zeros(len(inputs), 1).index_add(0, inputs.item, oxygen)
        return Features((oxygen,), pooled, None, inputs.item)


def test_a_backbone_without_embeddings_is_explained_by_masking_alone() -> None:
    head = Regression(Elements.spec, ("oxygens",))
    torch.nn.init.ones_(head.layer[-1].weight)  # type: ignore[arg-type]  # its last layer is linear
    network = Model(Elements(), {"count": head}).eval()
    (first, *_) = explain(network, BATCH, Question("count", 0), "masking")
    assert first.atoms == pytest.approx([0, 0, 1])
    with pytest.raises(UserError, match=r"Elements has no embeddings.* take --method masking"):
        explain(network, BATCH, Question("count", 0))
