#!/usr/bin/env bash
# More text to draw lines from.
#
#   recipes/texts.sh          sentences of Korean documentation on this machine → ~/.cache/hunmin/texts (Debian, Ubuntu; a minute)
#   recipes/texts.sh lists    rebuild the word lists and sentences that ship with hunmin (about 25 minutes)
#
# The documentation keeps its own licences (MPL-2.0, CC-BY-SA and others), so what is made of it stays on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
export PYTHONPATH=src
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() { echo "texts: $1" >&2; exit 2; }

case "${1:-documents}" in
documents)
    command -v apt-get >/dev/null || fail "this recipe needs apt-get (Debian, Ubuntu). Elsewhere, give your own texts with corpus=FILE."
    # Only read, never installed: no root needed.
    (cd "$scratch" && apt-get download libreoffice-help-ko libreoffice-l10n-ko gnome-user-docs) ||
        fail "apt-get cannot download the documentation. Run: apt-get update"
    for archive in "$scratch"/*.deb; do dpkg -x "$archive" "$scratch/root"; done
    "$python" recipes/texts/document_sentences.py "$scratch/root" /usr/share/locale
    ;;
lists)
    bash recipes/texts/sampler.sh "$scratch/venv"
    "$scratch/venv/bin/python" recipes/texts/word_lists.py src/hunmin/synth/texts
    command -v apt-get >/dev/null || fail "the list of English words needs apt-get (Debian, Ubuntu)."
    (cd "$scratch" && apt-get download scowl) || fail "apt-get cannot download the package scowl. Run: apt-get update"
    dpkg -x "$scratch"/scowl_*.deb "$scratch/root"
    "$python" recipes/texts/english_words.py src/hunmin/synth/texts "$scratch/root/usr/share/dict/scowl"
    "$scratch/venv/bin/python" recipes/texts/sentences.py src/hunmin/synth/texts/sentences.txt.gz 40000 1
    ;;
*) fail "unknown task '$1'; it is 'documents' or 'lists'" ;;
esac
