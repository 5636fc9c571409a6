"""The generator as an endless source of training lines, or a fixed set for validation."""

from collections.abc import Callable

from hunmin.data.sample import Sample
from hunmin.synth.generate import Generator, Recipe


class SynthSource:
    """Sample i is a pure function of the seed and i; each process draws with a generator of its own.

    Attributes:
        name: `synth`.
        num_samples: None = endless.
    """

    name = "synth"

    def __init__(
        self,
        recipe: Recipe,
        *,
        seed: int,
        num_samples: int | None = None,
        longest: Callable[[int], int] | None = None,
    ) -> None:
        """Note what to draw; nothing is opened before the first sample.

        Args:
            recipe: fonts, texts and settings.
            seed: of the stream.
            num_samples: for a set with an end.
            longest: index → most characters that line may have; None leaves it to the recipe.
        """
        self.num_samples = num_samples
        self._recipe = recipe
        self._seed = seed
        self._longest = longest
        self._generator: Generator | None = None

    def sample(self, epoch: int, index: int) -> Sample:
        """Line `index` of `epoch`."""
        if self._generator is None:
            self._generator = self._recipe.build()
        max_length = self._longest(index) if self._longest else None
        return self._generator.sample(self._seed, epoch, index, max_length=max_length)
