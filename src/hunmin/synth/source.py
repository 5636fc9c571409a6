"""The generator as an endless source of training lines, or a fixed set for validation."""

import re
from collections.abc import Callable

from hunmin.data.sample import Sample
from hunmin.synth.generate import Generator, Recipe
from hunmin.synth.pages.generate import PageGenerator

_ID = re.compile(r"synth/(held_out/)?(\d+)/(\d+)/(page/)?(\d+)", re.ASCII)


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
        lines, pages = self._generators()
        max_length = self._longest(index) if self._longest else None
        turn = crop_turn(index, self._recipe.config.page_share)
        if turn is None or pages is None:
            return lines.sample(self._seed, epoch, index, max_length=max_length)
        return pages.sample(self._seed, epoch, turn, max_length=max_length)

    def redrawn(self, sample_id: str) -> Sample | None:
        """What this stream draws under a sample's id, with lines as long as the recipe allows; None if the id is not its own."""
        found = _ID.fullmatch(sample_id)
        if not found or bool(found[1]) != self._recipe.config.held_out or int(found[2]) != self._seed:
            return None
        epoch, number = int(found[3]), int(found[5])
        lines, pages = self._generators()
        if not found[4]:
            return lines.sample(self._seed, epoch, number)
        return pages.sample(self._seed, epoch, number) if pages else None

    def _generators(self) -> tuple[Generator, PageGenerator | None]:
        """Of lines and, where the recipe has a share for them, of pages; built at the first call."""
        if self._lines is None:
            self._lines = self._recipe.build()
            if self._recipe.config.page_share:
                self._pages = PageGenerator(self._lines.materials(), self._recipe.config)
        return self._lines, self._pages


def crop_turn(index: int, page_share: float) -> int | None:
    """Which crop of a page sample `index` is; None = a single line. Crops are spread evenly among the lines."""
    before = int(index * page_share)
    return before if int((index + 1) * page_share) > before else None
