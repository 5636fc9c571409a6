#!/usr/bin/env bash
# Korean documents of different kinds (benchmarks/documents, written for this) printed to PDF: six by Chromium, two by LibreOffice.
#
# Needs chromium, libreoffice-writer, libreoffice-calc, fonts-nanum, fonts-nanum-coding and fonts-noto-cjk. Usage: benchmarks/print_documents.sh OUT
set -euo pipefail
out=$(realpath "${1:?give a folder for the PDFs}")
mkdir -p "$out"
cd "$(dirname "$0")/documents"
for name in official_letter contract two_columns quotation newsletter manual; do
    chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer --print-to-pdf="$out/$name.pdf" "file://$PWD/$name.html" 2>/dev/null
done
soffice --headless --infilter="HTML (StarWriter)" --convert-to pdf:writer_pdf_Export --outdir "$out" minutes.html >/dev/null
soffice --headless --infilter='CSV:44,34,76,1' --convert-to pdf:calc_pdf_Export --outdir "$out" statistics.csv >/dev/null
