"""`hunmin train --dry-run`: the whole plan of a run, from ten timed steps; nothing is written."""

from collections.abc import Iterator
from itertools import islice

from rich.console import Console

from hunmin.data.loading.stream import ChangedSource, MixedSource, Source, StoreSource
from hunmin.training.config import TrainConfig
from hunmin.training.hard_examples import num_hard_examples
from hunmin.training.logs.callbacks import duration
from hunmin.training.logs.console import print_line
from hunmin.training.prepare import PreparedRun, Ranks, dump_config, load_initial_weights, prepare
from hunmin.training.resources.device import memory_bytes
from hunmin.training.resources.memory import step_memory
from hunmin.training.resources.throughput import count_flops, peak_flops, time_steps
from hunmin.training.run import build_module, settings_line
from hunmin.training.sources import SYNTH

TIMED_STEPS = 10


def print_plan(config: TrainConfig, console: Console) -> None:
    """Print what a run would do: configuration, device, data, vocabulary, memory, steps, time.

    Raises:
        InputError: what `run` would refuse.
    """
    prepared = prepare(config, console)
    config, trainer, data = prepared.config, prepared.config.trainer, prepared.config.data
    print_line(console, dump_config(config))
    module = build_module(prepared)
    load_initial_weights(module.model, prepared, console)
    print_line(console, settings_line(prepared, module))
    for line in (*_data_lines(prepared), _vocabulary_line(prepared)):
        print_line(console, line)

    spec = prepared.spec
    memory = step_memory(module.model, trainer, prepared.machine, spec.max_width_px, spec.max_label_length)
    widest = memory.bytes(data.batch_size)
    free, total = memory_bytes(prepared.machine.accelerator)
    room = f"; {free / 2**30:.1f} of {total / 2**30:.1f} GiB are free" if total else ""
    print_line(
        console,
        f"memory: {widest / 2**30:.1f} GiB for a batch of the widest lines{room}"
        + ("; more than there is: lower data.batch_size or data.max_width_px" if total and widest > free else ""),
    )

    left = max(0, trainer.max_steps - prepared.resume_point.step)
    done = f", {prepared.resume_point.step:,} of them done" if prepared.resume_point.checkpoint else ""
    every = prepared.validate_every
    validation = f"a validation every {every:,}" if every else "no validation"
    print_line(console, f"steps: {trainer.max_steps:,}{done}; {validation}, a checkpoint every {trainer.save_every:,}")
    loader = prepared.loader(Ranks(0, 1, 1), start_step=0, num_workers=0)
    batches = list(islice(loader, TIMED_STEPS + 1))
    if prepared.machine.precision != "32":
        # In 16 bits kernels are chosen or compiled for each new shape, which a run does once: here without the clock.
        time_steps(module.model, batches, trainer, prepared.machine)
    step_s = time_steps(module.model, batches, trainer, prepared.machine)
    num_lines = sum(map(len, batches[1:]))
    cost = count_flops(module.model, trainer)
    learned = [num_hard_examples(len(one), trainer.hard_example_share) for one in batches[1:]]
    flops = sum(
        cost.flops(num, one.images.shape[3], one.tgt.shape[1] - 2)
        for num, one in zip(learned, batches[1:], strict=True)
    )
    share = flops / (TIMED_STEPS * step_s) / peak_flops(prepared.machine.device, prepared.machine.dtype)
    has_short_lines = data.curriculum_share > 0 and any(one.path == SYNTH for one in data.sources)
    print_line(
        console,
        f"time: {step_s:.3f} s a step over {TIMED_STEPS} steps, {num_lines / (TIMED_STEPS * step_s):.0f} lines a second, "
        f"{share:.0%} of peak arithmetic; {left:,} steps take about {duration(left * step_s)}, validations and waiting for data "
        "not counted"
        + ("; the first lines of the curriculum are short, later steps take longer" if has_short_lines else ""),
    )
    print_line(console, f"nothing was written; the same command without --dry-run trains, into {config.out}")


def _data_lines(prepared: PreparedRun) -> Iterator[str]:
    for source, weight in _parts(prepared.source):
        share = f", {weight:.0%} of the lines" if weight < 1 else ""
        yield f"training data: {_described(source)}{share}"
    for name, one in prepared.validation.items():
        yield f"validation data: {name}, {one.source.num_samples:,} lines"
    if not prepared.validation:
        yield "validation data: none; give data.validation=[DIR] to see how well the model reads"


def _parts(source: Source) -> Iterator[tuple[Source, float]]:
    if not isinstance(source, MixedSource):
        yield source, 1.0
        return
    for one, weight in zip(source.sources, source.weights, strict=True):
        yield one, weight / sum(source.weights)


def _described(source: Source) -> str:
    while isinstance(source, ChangedSource):
        source = source.source
    if not isinstance(source, StoreSource):
        return f"{source.name}, endless"
    manifest = source.store.manifest
    kinds = [f"{kind or 'plain'} {count:,}" for kind, count in manifest.kinds.items()] if manifest else []
    return f"{source.name}, {source.num_samples:,} lines" + (f" ({', '.join(kinds)})" if kinds else "")


def _vocabulary_line(prepared: PreparedRun) -> str:
    spec, tokenizer = prepared.spec, prepared.spec.tokenizer()
    return (
        f"vocabulary: charset {spec.charset_name}, {len(spec.characters):,} characters, {tokenizer.num_classes:,} output classes "
        f"with <eos>, {tokenizer.vocab_size:,} tokens with <bos> and <pad>; labels up to {spec.max_label_length} characters, "
        f"crops up to {spec.max_width_px} px"
    )
