"""What stands for the actions of others that `actions/check` uses: they copy what they would upload to the folder `$PLAYED`.

Add one as its `action.yml` and a row in `played`.
"""

from __future__ import annotations

import re
from pathlib import Path

from acting import ROOT

UPLOAD = """\
name: Plays actions/upload-artifact
description: Copies a folder, or files, to where the test looks.
inputs: {name: {description: name}, path: {description: files}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", FILES: "${{ inputs.path }}"}
      run: |
        mkdir -p "$PLAYED/$NAME"
        while IFS= read -r file; do
          case "$file" in "" | !*) continue ;; esac
          if [ -d "$file" ]; then cp -r "$file/." "$PLAYED/$NAME"; elif [ -f "$file" ]; then cp "$file" "$PLAYED/$NAME"; fi
        done <<< "$FILES"
        rm -rf "$PLAYED/$NAME/.git" "$PLAYED/$NAME/.github"
"""
SCANNER = """\
name: Plays github/codeql-action/upload-sarif
description: Says what it would upload.
inputs: {sarif_file: {description: file}, category: {description: category}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FILE: "${{ inputs.sarif_file }}"}
      run: cp "$FILE" "$PLAYED/scanned.sarif"
"""


def played(folder: Path) -> dict[str, Path]:
    """What stands for the actions of others that the check action uses, at the commits that it names."""
    (folder / "artifact").mkdir()
    (folder / "artifact/action.yml").write_text(UPLOAD)
    (folder / "codeql/upload-sarif").mkdir(parents=True)
    (folder / "codeql/upload-sarif/action.yml").write_text(SCANNER)
    used = re.findall(
        r"uses: ([\w-]+/([\w-]+))\S*@([0-9a-f]{40})", (ROOT / "actions/check/action.yml").read_text("utf-8")
    )
    stands_for = {"upload-artifact": folder / "artifact", "codeql-action": folder / "codeql"}
    return {f"{whole}@{commit}": stands_for[name] for whole, name, commit in used}
