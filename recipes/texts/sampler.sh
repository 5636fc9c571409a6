#!/usr/bin/env bash
# An environment in FOLDER that can sample sentences and list words: sampler.sh FOLDER
set -euo pipefail

"${PYTHON:-.venv/bin/python}" -m venv "$1"
"$1/bin/pip" install --quiet kiwipiepy==0.24.1 kiwipiepy_model==0.24.0 python-mecab-ko-dic==2.1.1.post2
