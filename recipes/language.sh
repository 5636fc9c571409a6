#!/usr/bin/env bash
# The language model that ships with hunmin, from the bundled texts and templates: src/hunmin/language/korean.npz (a minute).
#
# Without what is held out, so that held-out lines still show what it does to words that it never saw. What `recipes/texts.sh`
# took from documentation on this machine has licences of its own and stays out: an empty home folder hides it.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
HOME=$home PYTHONPATH=src "${PYTHON:-.venv/bin/python}" recipes/texts/language.py "${1:-src/hunmin/language/korean.npz}"
