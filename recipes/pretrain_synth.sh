#!/usr/bin/env bash
# A larger model from nothing, on generated lines: what to fine-tune where the bundled one is too small.
#
# 200,000 steps of `model=tiny`: for a GPU, not timed on one; with --dry-run the command estimates it. Interrupt it when
# you like; the same command goes on.
# Usage: recipes/pretrain_synth.sh RUN [KEY=VALUE …]   more overrides, such as model=small trainer.compile=true
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$here/.venv/bin:$PATH" OMP_WAIT_POLICY=passive
(($# >= 1)) || { sed -n '2,6p' "$0" >&2; exit 2; }
run=$1
shift

# 1. Generated lines of every kind and length. Batch size and workers are found by trying, and kept when the run goes on.
hunmin train \
    model=tiny data=synth out="$run" \
    data.batch_size=auto data.num_workers=auto data.num_validation=2000 \
    trainer.max_steps=200000 trainer.warmup_steps=2000 trainer.validate_every=5000 trainer.save_every=1000 \
    trainer.ema_decay=0.9998 "$@"

# 2. Lines in fonts and texts that training never saw.
[[ -e $run/held_out ]] || hunmin synth "$run/held_out" num="${HELD_OUT:-5000}" seed=7 synth.held_out=true
hunmin evaluate "$run/model.safetensors" "$run/held_out"
