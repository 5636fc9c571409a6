#!/usr/bin/env bash
# The bundled model, from nothing to src/hunmin/weights: fonts, texts, training, the mean of two ends, export, figures.
#
# 20,000 steps of 32 lines, then 15,000 of 16 and 11,000 of the hardest 16 of 32: by the speed of single runs about seven hours on
# two cores; as a whole it was never run. Interrupt it when you like; the same command goes on. The bundled weights came about
# in sixteen parts, the first third of the lines with AdamW; src/hunmin/weights/README.md tells how.
# Usage: recipes/train_bundled.sh [KEY=VALUE …]   more overrides for `hunmin train`, such as trainer.max_steps=300
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" OMP_WAIT_POLICY=passive
run=${RUN:-runs/bundled}
weights=${WEIGHTS:-src/hunmin/weights}
orders=(trainer.num_permutations=2 trainer.one_pass_order=false trainer.attention_loss_weight=0.5)

# 1. About 80 font families and 44,000 sentences, once.
[[ -e ${HUNMIN_FONTS:-$HOME/.cache/hunmin/fonts}/manifest.json ]] || bash recipes/fonts.sh
[[ -e $HOME/.cache/hunmin/texts ]] || bash recipes/texts.sh

# 2. Short lines first, then lines of every length.
hunmin train model=nano data=synth out="$run" trainer.save_every=500 "${orders[@]}" "$@"

# 3. Two ways on from there, and their mean, which reads better than either.
further=(model=nano data=synth init_from="$run/model.safetensors" data.curriculum_share=0 trainer.learning_rate=1.2e-3
    trainer.save_every=500 "${orders[@]}")
hunmin train "${further[@]}" out="$run/small" data.batch_size=16 trainer.max_steps=15000 seed=1 \
    synth.kinds.handwriting=30 synth.kinds.sign=22 "$@"
hunmin train "${further[@]}" out="$run/hard" trainer.hard_example_share=0.5 trainer.max_steps=11000 seed=2 \
    data.stretch_share=0.5 synth.kinds.handwriting=18 "$@"
[[ -e $run/mean.safetensors ]] || hunmin average "$run/mean.safetensors" "$run/small/model.safetensors" "$run/hard/model.safetensors"

# 4. Lines in fonts and texts that training never saw: 1,500 to make the confidence honest, 10,000 to measure on.
[[ -e $run/for_confidence ]] || hunmin synth "$run/for_confidence" num=1500 seed=77 synth.held_out=true
[[ -e $run/held_out ]] || hunmin synth "$run/held_out" num=10000 seed=7 synth.held_out=true

# 5. What is bundled: safetensors for fine-tuning, ONNX for reading.
mkdir -p "$weights"
cp "$run/mean.safetensors" "$weights/hunmin.safetensors"
hunmin calibrate "$weights/hunmin.safetensors" "$run/for_confidence"
hunmin export "$weights/hunmin.safetensors" "$weights/hunmin.onnx"
hunmin export "$weights/hunmin.safetensors" "$weights/hunmin.int8.onnx" --int8

# 6. Figures.
hunmin evaluate "$weights/hunmin.onnx" "$run/held_out"
