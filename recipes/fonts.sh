#!/usr/bin/env bash
# Install about 80 Korean font families and write the manifest that training reads.
#
# Debian or Ubuntu; needs npm, and root (or sudo) for the distribution's fonts. Takes about five minutes and 1 GB, once.
# Result: ${HUNMIN_FONTS:-~/.cache/hunmin/fonts}/manifest.json
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
target=${HUNMIN_FONTS:-$HOME/.cache/hunmin/fonts}
target=${target%/manifest.json}
packages=(
    fonts-nanum fonts-nanum-extra fonts-woowa-bm fonts-naver-d2coding fonts-baekmuk
    fonts-unfonts-core fonts-unfonts-extra fonts-alee fonts-lexi-gulim fonts-lexi-saebom
)

fail() { echo "fonts: $1" >&2; exit 2; }

command -v apt-get >/dev/null || fail "this recipe needs apt-get (Debian, Ubuntu). Elsewhere, point fonts=DIR at your own fonts."
command -v npm >/dev/null || fail "npm is missing. Run: apt-get install npm"
"$python" -c "import fontTools" 2>/dev/null || fail "$python has no fontTools. Run: make install, or set PYTHON=…"

missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
if ((${#missing[@]})); then
    as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "installing ${missing[*]} needs root. Run this as root once, or install them yourself."
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
fi

# Fonts as npm packages, versions and hashes pinned by the lock file, no package script ever run.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp recipes/fonts/package.json recipes/fonts/package-lock.json "$scratch"
(cd "$scratch" && npm ci --ignore-scripts --no-audit --no-fund)

PYTHONPATH=src "$python" recipes/fonts/build_manifest.py "$scratch/node_modules" "$target"
