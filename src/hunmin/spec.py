"""What a recognizer expects and delivers; the hinge between training and inference.

A `RecognizerSpec` is written into every checkpoint and every ONNX file and is read from there, never from a config file. Whoever
holds the spec can prepare images and decode outputs without knowing how the model was trained.
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from hunmin.errors import InputError
from hunmin.text.charset import Charset
from hunmin.text.tokenizer import Tokenizer

SPEC_VERSION = 1


@dataclass(frozen=True)
class RecognizerSpec:
    """Charset and image format of one recognizer.

    Raises:
        InputError: a size is not positive, or the widths do not fit one another.
    """

    charset_name: str
    """What messages call the charset."""
    characters: str
    """The charset itself, in class order; class 0 is `<eos>`, so the first character is class 1."""
    height_px: int = 32
    """Every crop is scaled to this height."""
    width_step_px: int = 32
    """Widths are rounded up to a multiple of this: one bucket."""
    max_width_px: int = 1024
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
    version: int = SPEC_VERSION

    def __post_init__(self) -> None:
        for name in ("height_px", "width_step_px", "max_width_px", "max_label_length"):
            if getattr(self, name) < 1:
                raise InputError(f"spec.{name} is {getattr(self, name)}; it must be at least 1")
        if self.max_width_px % self.width_step_px:
            raise InputError(
                f"spec.max_width_px {self.max_width_px} is not a multiple of spec.width_step_px {self.width_step_px}"
            )
        if self.std <= 0:
            raise InputError(f"spec.std is {self.std}; it must be above 0")
        if self.normalization != "NFC" or self.channels != 3:  # noqa: PLR2004 - the only values of this version
            raise InputError(f"spec: normalization {self.normalization!r} and {self.channels} channels are unknown here")

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

    def with_charset(self, charset: Charset) -> Self:
        """The same image format for another charset."""
        return replace(self, charset_name=charset.name, characters=charset.characters)

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
            InputError: not JSON, of a later version, or with unknown or missing keys.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{where}: its recognizer spec is not JSON ({error}); export the model again") from error
        if not isinstance(values, dict) or not isinstance(values.get("version"), int):
            raise InputError(f"{where}: its recognizer spec has no version; export the model again with hunmin export")
        if values["version"] > SPEC_VERSION:
            raise InputError(
                f"{where}: its recognizer spec is version {values['version']}, this hunmin knows {SPEC_VERSION}; "
                "update hunmin"
            )
        known = {field.name: field.type for field in fields(cls)}
        if values.keys() != known.keys():
            odd = sorted(values.keys() ^ known.keys())
            raise InputError(f"{where}: its recognizer spec has unknown or missing keys {odd}; export the model again")
        for name, value in values.items():
            wanted = {"charset_name": str, "characters": str, "normalization": str, "mean": (int, float), "std": (int, float)}
            if not isinstance(value, wanted.get(name, int)) or isinstance(value, bool):  # type: ignore[arg-type]
                raise InputError(f"{where}: its recognizer spec has {name}={value!r}, of the wrong type; export it again")
        return cls(**values)
