"""Whole rows of people touched since a base: who they are, whether they are there, a truth per leaf, their attributes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.segments.attributes import rows as mapped
from xiaohe.segments.state.bits import Flags, Places

Ids = NDArray[np.int64]
# Of a generation: attributes of these people, in lots.
ATTRIBUTES = "attributes"


@dataclass(frozen=True)
class Touched:
    """Rows of people touched since the base. `places` −1: not known to the base."""

    persons: Ids
    places: Places
    present: Flags
    # Whose attributes are in this generation's own file, or who is gone: their rows of the base no longer count.
    reread: Flags
    # One row per person, one column per key.
    values: NDArray[np.bool_]
    keys: tuple[str, ...]

    @classmethod
    def nobody(cls, keys: tuple[str, ...]) -> Touched:
        none = np.empty(0, np.int64)
        nobody = np.empty(0, bool)
        return cls(none, none, nobody, nobody, np.empty((0, len(keys)), bool), keys)

    @classmethod
    def load(cls, path: Path) -> Touched:
        with np.load(path) as told:
            return cls(
                told["persons"],
                told["places"],
                told["present"],
                told["reread"],
                np.unpackbits(told["values"], axis=1, count=len(told["keys"])).view(np.bool_),
                tuple(told["keys"].tolist()),
            )

    def save(self, path: Path) -> None:
        np.savez(
            path,
            persons=self.persons,
            places=self.places,
            present=self.present,
            reread=self.reread,
            values=np.packbits(self.values, axis=1),
            keys=np.array(self.keys, dtype="U32"),
        )

    @property
    def over(self) -> Ids:
        """Whose attributes the base no longer says."""
        return self.persons[self.reread]

    def of(self, key: str) -> Flags:
        return self.values[:, self.keys.index(key)]

    def attributes(self, folder: Path, schema: pa.Schema, people: Ids | None = None) -> pa.Table:
        """Attributes by the lots in the folder of their generation: of all of these, or of some; ascending."""
        told = self.persons[self.reread & self.present]
        some = told if people is None else np.intersect1d(told, people)
        return mapped.laid(folder / ATTRIBUTES, schema, some)
