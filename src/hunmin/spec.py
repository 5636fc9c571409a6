"""What a recognizer expects and delivers; the hinge between training and inference.

A `RecognizerSpec` is written into every checkpoint and every ONNX file and is read from there, never from a config file. Whoever
holds the spec can prepare images and decode outputs without knowing how the model was trained.
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from hunmin.errors import InputError
from hunmin.text.charset import Charset
from hunmin.text.tokenizer import Tokenizer

SPEC_VERSION = 2
SPEC_KEY = "hunmin_spec"
"""Where checkpoints, safetensors and ONNX files keep their spec, as JSON."""
LARGEST_EXPONENT = 100.0
LEAST_WIDTH_PX = 4  # narrower than that a line cannot be cut into pieces
LARGEST_SIZE = 65_536  # what a damaged or hostile file may ask for at most


@dataclass(frozen=True)
class RecognizerSpec:
    """Charset and image format of one recognizer.

    Raises:
        InputError: the characters are no charset, a value is out of range, or the widths do not fit one another.
    """

    charset_name: str
    """What messages call the charset."""
    characters: str
    """The charset itself, in class order; class 0 is `<eos>`, so the first character is class 1."""
    height_px: int = 48
    """Every crop is scaled to this height."""
    width_step_px: int = 48
    """Widths are rounded up to a multiple of this: one bucket."""
    max_width_px: int = 1536
    """The widest crop that goes through the model at once; a wider one is split at its gaps."""
    mean: float = 0.5
    """Subtracted from pixels that were scaled to 0..1."""
    std: float = 0.5
    """Divides after the mean was subtracted."""
    channels: int = 3
    """Colour channels, in RGB order."""
    max_label_length: int = 64
    """The most characters one crop can yield."""
    normalization: str = "NFC"
    """Normal form of all labels."""
    confidence_exponent: float = 0.0
    """A line's confidence is the product of its token probabilities to this power, which `hunmin calibrate` fits; 0 = never
    fitted: the geometric mean of the probabilities stands in."""
    version: int = SPEC_VERSION

    def __post_init__(self) -> None:
        for name in ("height_px", "width_step_px", "max_width_px", "max_label_length"):
            if not 1 <= getattr(self, name) <= LARGEST_SIZE:
                raise InputError(f"spec.{name} is {getattr(self, name)}; it must be 1 to {LARGEST_SIZE:,}")
        if not 0 <= self.confidence_exponent <= LARGEST_EXPONENT:
            raise InputError(
                f"spec.confidence_exponent is {self.confidence_exponent}; it must be 0 to {LARGEST_EXPONENT}"
            )
        if self.max_width_px < LEAST_WIDTH_PX:
            raise InputError(f"spec.max_width_px is {self.max_width_px}; it must be {LEAST_WIDTH_PX} or more")
        if self.max_width_px % self.width_step_px:
            raise InputError(
                f"spec.max_width_px {self.max_width_px} is not a multiple of spec.width_step_px {self.width_step_px}"
            )
        if not (0 <= self.mean <= 1 and 0 < self.std <= 1):
            raise InputError(f"spec.mean is {self.mean}, spec.std is {self.std}; they must be 0 to 1, std above 0")
        Charset(self.charset_name, self.characters)  # refuses what is none
        if self.normalization != "NFC" or self.channels != 3:  # noqa: PLR2004 - the only values of this version
            raise InputError(
                f"spec: normalization {self.normalization!r} and {self.channels} channels are unknown here"
            )

    @classmethod
    def for_charset(cls, charset: Charset, **values: Any) -> Self:
        """A spec that reads `charset`; `values` are other fields of the spec."""
        return cls(charset_name=charset.name, characters=charset.characters, **values)

    @property
    def charset(self) -> Charset:
        """The characters as a charset."""
        return Charset(self.charset_name, self.characters)

    def tokenizer(self) -> Tokenizer:
        """The tokenizer of this spec's charset."""
        return Tokenizer(self.charset)

    def scaled_width_px(self, width: int, height: int) -> int:
        """The width of a crop of `width` × `height` pixels once it is `height_px` high; at least 1."""
        return max(1, round(width * self.height_px / height))

    def bucket_width_px(self, scaled_px: int) -> int:
        """A scaled width, rounded up to the next multiple of `width_step_px`: what its batch is padded to."""
        return -(-scaled_px // self.width_step_px) * self.width_step_px

    def fits(self, width: int, height: int) -> bool:
        """Whether a crop of `width` × `height` pixels goes through the model at once; a wider one must be split."""
        return self.scaled_width_px(width, height) <= self.max_width_px

    def to_json(self) -> str:
        """One line of JSON for checkpoints and ONNX metadata."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, *, where: str) -> Self:
        """Read a spec back.

        Args:
            text: what `to_json` wrote.
            where: the file it came from, for messages.

        Raises:
            InputError: not JSON, of another version, or with keys or values that no spec has.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: its recognizer spec is not JSON ({error}); export the model again") from error
        known = {field.name: field.type for field in fields(cls)}
        if not isinstance(values, dict) or "version" not in values:
            raise InputError(f"{where}: its recognizer spec has no version; export the model again with hunmin export")
        if values["version"] == 1 and type(values["version"]) is int:  # before confidences were calibrated
            values = {**values, "confidence_exponent": 0.0, "version": SPEC_VERSION}
        if values["version"] != SPEC_VERSION:
            raise InputError(
                f"{where}: its recognizer spec is version {values['version']!r:.20}, this hunmin knows {SPEC_VERSION}; "
                "update hunmin or export the model again"
            )
        if values.keys() != known.keys():
            odd = sorted(values.keys() ^ known.keys())[:5]
            raise InputError(f"{where}: its recognizer spec has unknown or missing keys {odd}; export the model again")
        for name, value in values.items():
            if type(value) is not known[name] and not (known[name] is float and type(value) is int):
                raise InputError(
                    f"{where}: its recognizer spec has {name}={value!r:.80}, of the wrong type; export it again"
                )
        try:
            return cls(**values)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
