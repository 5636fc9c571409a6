#!/usr/bin/env bash
# The language model that ships with hunmin: src/hunmin/language/korean.npz (about twenty minutes, most of them for sampling).
#
# Usage: recipes/language.sh [OUT.npz]   SENTENCES=10 in the environment samples fewer, to try it
# Counted are the bundled texts and templates, and three times 10,000 more sentences, sampled as the bundled ones were. Without
# what is held out, so that held-out lines still show what it does to words that it never saw. What `recipes/texts.sh` took from
# documentation on this machine has licences of its own and stays out: an empty home folder hides it.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PYTHONPATH=src

bash recipes/texts/sampler.sh "$scratch/venv"
for seed in 2 4 6; do
    "$scratch/venv/bin/python" recipes/texts/sentences.py "$scratch/$seed.gz" "${SENTENCES:-10000}" "$seed"
done
mkdir "$scratch/home"
HOME=$scratch/home "$python" recipes/texts/language.py "${1:-src/hunmin/language/korean.npz}" "$scratch"/{2,4,6}.gz
