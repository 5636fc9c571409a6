"""The generator as an endless source of training lines, or a fixed set for validation."""

from collections.abc import Callable

from hunmin.data.sample import Sample
from hunmin.synth.generate import Generator, Recipe
from hunmin.synth.pages.generate import PageGenerator


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
        self._lines: Generator | None = None
        self._pages: PageGenerator | None = None

    def sample(self, epoch: int, index: int) -> Sample:
        """Sample `index` of `epoch`: a single line, or a crop of a page by the share of `synth.page_share`."""
        config = self._recipe.config
        if self._lines is None:
            self._lines = self._recipe.build()
            self._pages = PageGenerator(self._lines.materials(), config) if config.page_share else None
        max_length = self._longest(index) if self._longest else None
        turn = crop_turn(index, config.page_share)
        if turn is None or self._pages is None:
            return self._lines.sample(self._seed, epoch, index, max_length=max_length)
        return self._pages.sample(self._seed, epoch, turn, max_length=max_length)


def crop_turn(index: int, page_share: float) -> int | None:
    """Which crop of a page sample `index` is; None = a single line. Crops are spread evenly among the lines."""
    before = int(index * page_share)
    return before if int((index + 1) * page_share) > before else None
