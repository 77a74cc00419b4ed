"""The files of the example network."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]


class Files:
    """Reads the files beside the loader."""

    def read(self, name: str) -> Any:
        return json.loads((HERE / "network" / name).read_text(encoding="utf-8"))

    def directory(self) -> bytes:
        return (HERE / "gv100ad_example.txt").read_bytes()
