#!/bin/sh
# Known vulnerabilities of what is locked; says so plainly where the data cannot be reached.
if ! out=$("$1" --requirement requirements.lock --require-hashes --disable-pip --progress-spinner off 2>&1); then
  if echo "$out" | grep -qiE 'connection|timed? ?out|resolve|unreachable|service error|HTTPError|403|refused|max retries'; then
    echo "pip-audit: its data cannot be reached from here, skipped"
    exit 0
  fi
  echo "$out"
  exit 1
fi
echo "pip-audit: no known vulnerabilities"
