#!/usr/bin/env bash
# The whole chain on captchas/: collect, preprocess, train, evaluate, visualize, solve. Needs about
# two minutes on two cores; everything it writes lies in demo/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=demo
rm -rf "$out"
mkdir -p "$out"
began=$SECONDS

say() { printf '\n== %s\n' "$*"; }
run() {
  printf '$ %s\n' "$*"
  "$@"
}

say "1 collect: draw 100 captchas that no model has seen, to measure on"
run collector generate --style speckle --count 100 --seed 20 --out "$out/unseen"

say "2 preprocess: cut the 200 captchas of captchas/speckle into digits"
run digitsolver preprocess captchas/speckle --out "$out/digits"

say "3 train: a small network on the digits"
run digitsolver train "$out/digits" --out "$out/model"

say "4 evaluate: how many of the unseen captchas are read without an error"
run digitsolver evaluate "$out/unseen" --model "$out/model"

say "5 visualize: every stage of a dozen of them"
run digitsolver visualize "$out/unseen" --out "$out/visualized_steps" --model "$out/model" --count 12

say "6 solve: read three images"
mapfile -t three < <(printf '%s\n' "$out"/unseen/*-*.* | head -n 3)
run digitsolver solve "${three[@]}" --model "$out/model"

say "7 the model that comes with digitsolver has never seen this look: no label, no training"
run digitsolver evaluate "$out/unseen"

say "done in $((SECONDS - began)) s; look at"
strip=$(printf '%s\n' "$out"/visualized_steps/*-*.png | head -n 1)
printf '  %-34s %s\n' \
  "$strip" "one captcha, stage by stage (a dozen beside it)" \
  "$out/model/curves.png" "how the network learnt" \
  "$out/model/confusion.png" "which digits it takes for which" \
  "$out/model/mistakes.png" "its worst mistakes" \
  "$out/digits/" "the digits it learnt from" \
  "captchas/speckle/" "the captchas they were cut from"
