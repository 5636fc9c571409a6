#!/usr/bin/env bash
# Sixteen Korean pages as programs make them: manuals from Debian's packages, printed to PDF in several faces, sizes and columns.
#
# Debian or Ubuntu with apt-get and chromium; nothing is installed. Usage: benchmarks/born_digital.sh OUT
set -euo pipefail
out=${1:?give a folder for the PDFs}
mkdir -p "$out"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && apt-get download -qq installation-guide-amd64 gimp-help-ko 2>/dev/null)
for package in "$scratch"/*.deb; do dpkg-deb -x "$package" "$scratch/files"; done
guide=$scratch/files/usr/share/doc/installation-guide-amd64/ko
gimp=$scratch/files/usr/share/gimp/2.0/help/ko
pages=("$guide"/{ch06s03,apf,ch05s03,ch05s04,ch05s01,ch03s06,ch03s03,ch05s02,ch08s04,ch02s01,apcs05,index}.html
    "$gimp"/{gimp-using-setup-tile-cache,gimp-introduction-history-2-4,gimp-introduction-history-2-6,gimp-concepts-undo}.html)
styles=("10pt NanumMyeongjo" "9.5pt NanumGothic" "10.5pt Baekmuk Batang" "9pt Baekmuk Dotum" "11pt NanumBarunGothic" "8.5pt NanumMyeongjo")
for number in "${!pages[@]}"; do
    style=${styles[$((number % ${#styles[@]}))]}
    columns=$((number % 4 == 3 ? 2 : 1))
    sheet="<meta charset='utf-8'><style>* { font-family: '${style#* }' !important } body { font-size: ${style%% *}; line-height: 1.5;
        column-count: $columns } img, table.navigation, .navheader, .navfooter { display: none } @page { size: A4; margin: 20mm }</style>"
    { echo "$sheet"; cat "${pages[$number]}"; } > "$scratch/page.html"
    chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer --print-to-pdf="$out/$(printf %02d $((number + 1))).pdf" \
        "file://$scratch/page.html" 2>/dev/null
done
