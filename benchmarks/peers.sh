#!/usr/bin/env bash
# The bundled model and Tesseract on the same crops, in one run: the table of the README.
#
# Installs Tesseract with its Korean models where it is missing (Debian and Ubuntu; asks for sudo only if you are not root).
# Usage: benchmarks/peers.sh DIR   crops with labels: a store, or a folder with labels.tsv or meta.tsv
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?give the crops to measure on: make bench-peers DATA=DIR}
packages=(tesseract-ocr tesseract-ocr-kor tesseract-ocr-script-hang)

if ! command -v tesseract >/dev/null || ! tesseract --list-langs | grep -qx kor || ! tesseract --list-langs | grep -qx Hangul; then
    if ! command -v apt-get >/dev/null; then
        echo "Tesseract with kor and Hangul is missing, and this is no Debian: install it, then run this again." >&2
        exit 2
    fi
    echo "Installing ${packages[*]} with apt-get."
    root=()
    [[ $EUID -eq 0 ]] || root=(sudo)
    "${root[@]}" apt-get update -qq
    "${root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

export OMP_NUM_THREADS=1
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
.venv/bin/hunmin evaluate bundled "$data" --threads 1 --peer bundled-int8 --peer tesseract:kor+eng --peer tesseract:Hangul \
    --json "$out/figures.json" --full
echo
.venv/bin/python benchmarks/peers_table.py "$out/figures.json"
