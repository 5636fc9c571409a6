#!/usr/bin/env bash
# A model for your own documents, from the bundled one: stores of lines in (`hunmin data import`), a recognizer out.
#
# Usage: recipes/finetune_aihub.sh TRAIN VALIDATION RUN [KEY=VALUE …]
#   TRAIN, VALIDATION   stores of labelled lines, cut by document so that no page is in both
#   RUN                 folder of the run; call it again to go on after a stop
#   KEY=VALUE           more overrides, such as trainer.max_steps=20000 data.batch_size=auto
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$here/.venv/bin:$PATH" OMP_WAIT_POLICY=passive
(($# >= 3)) || { sed -n '2,7p' "$0" >&2; exit 2; }
train=$1 validation=$2 run=$3
shift 3

# 1. Sound files, and what is in them.
hunmin data verify "$train"
hunmin data verify "$validation"

# 2. Fine-tuning. A fifth of the lines stay generated, so that the model keeps what your documents do not show.
#    With --dry-run in front of the overrides it prints its plan, memory and time instead, and the recipe ends here.
hunmin train model=nano data=store out="$run" init_from=bundled \
    "data.sources=[{path: '$train', weight: 4}, synth]" "data.validation='$validation'" \
    data.on_unknown_character=drop data.curriculum_share=0 \
    trainer.max_steps=10000 trainer.learning_rate=5.0e-4 trainer.validate_every=1000 "$@"
case " $* " in *" --dry-run "*) exit ;; esac

# 3. What it was worth: the bundled model and yours, on the same lines.
hunmin evaluate bundled "$validation"
hunmin evaluate "$run/model.safetensors" "$validation"

# 4. For reading without torch.
hunmin export "$run/model.safetensors" "$run/model.onnx" --check "${CHECK:-200}"
