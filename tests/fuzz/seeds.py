"""Sound inputs of every format, and the commands that read them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from conftest import ROOT, Ran
from rows import ROW

from scar_cp.show.text.gaps_text import gaps_csv
from scar_cp.studies.gap_splits import split_gaps
from scar_cp.studies.judged_rows import judge, table_text

__all__ = ["Seed", "make_seeds"]

LAYERS = "op,K,C,Y,X,R,S,stride,pad,name\nconv,16,8,8,8,3,3,1,1,a\ngemm,10,16,1,1,1,1,1,0,b\n"

MAESTRO = """Constant Kernel 3;
Network net {
  Layer a { Type: CONV Stride { X: 1, Y: 1 } Dimensions { K: 8, C: 3, R: Kernel, S: 3, Y: 18, X: 18 } }
  Layer b { Type: CONV Dimensions { K: 4, C: 8, R: 1, S: 1, Y: 16, X: 16 } }
}
"""  # noqa: E501

TIMELOOP = "Summary Stats\n-------\nGFLOPs: 1\nCycles: 100\nEnergy: 5.25 uJ\nComputes = 10\n"

CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "vocab_size": 100,
    "hidden_act": "silu",
}


class Seed(NamedTuple):
    """A sound file, and what reads it in which ``FILE`` stands for the file."""

    name: str
    content: bytes
    commands: tuple[str, ...]

    @property
    def document(self) -> Any:
        """Its data, if it has any."""
        if self.name.endswith(".json"):
            return json.loads(self.content)
        return yaml.safe_load(self.content) if self.name.endswith(".yaml") else None


def make_seeds(folder: Path, run: Callable[..., Ran]) -> list[Seed]:
    """Make the files of `conftest.PROJECT`, which are there, into seeds, and others from them.

    Parameters
    ----------
    folder
        The project's, the current one.
    run
        Runs the command line.
    """
    assert run("compile", "instance.yaml", "-o", "problem.json").code == 0
    options = ["--solver", "simba", "--quiet"]
    assert run("solve", "instance.yaml", *options, "-o", "result.json").code == 0
    assert run("cost-template", "instance.yaml", "--filled", "-o", "costs.csv").code == 0
    schedule = json.loads((folder / "result.json").read_bytes())["schedule"]

    def seed(name: str, *commands: str, content: bytes | None = None) -> Seed:
        return Seed(name, content or (folder / name).read_bytes(), commands)

    rows = [replace(ROW, solver=solver, value=value) for solver, value in (("scar", 60), ("x", 70))]
    split = [replace(ROW, space=space, solver="cp-sat") for space in ("scar", "windowed")]
    others = [replace(ROW, space=space, solver="cp-sat") for space in ("adjacent", "full")]
    splits = gaps_csv(split_gaps([replace(ROW, space="scar"), *split, *others]))
    sweep = {"format": "scar-cp/sweep@1", "instances": ["instance.yaml"], "grid": {"windows": [1]}}
    design = {
        "format": "scar-cp/codesign@1",
        "instances": [{"instance": "instance.yaml", "weight": 1}],
        "grid": [2, 2],
        "types": {"big": {}, "small": {}},
        "objective": "edp",
    }
    of_model = "check FILE", "show FILE"
    return [
        seed("model.yaml", *of_model, "compile FILE -o OUT"),
        seed("scenario.yaml", *of_model),
        seed("package.yaml", *of_model),
        seed("profile.yaml", *of_model),
        seed("instance.yaml", *of_model, "compile FILE -o OUT", "cost-template FILE -o OUT"),
        seed("problem.json", "check FILE", "evaluate FILE result.json", "compile FILE --windows 2"),
        seed(
            "result.json",
            *("check FILE", "evaluate instance.yaml FILE", "report FILE -o OUT"),
            *("trace FILE -o OUT", "solve instance.yaml --verify FILE"),
        ),
        seed("schedule.json", "evaluate instance.yaml FILE", content=json.dumps(schedule).encode()),
        seed("costs.csv", "check instance-with-costs.yaml"),
        seed("layers.csv", "import csv FILE -o OUT.yaml", content=LAYERS.encode()),
        seed("layers2.csv", "cost FILE --chiplet profile.yaml#desk.big", content=LAYERS.encode()),
        seed("net.m", "import maestro FILE -o OUT.yaml", content=MAESTRO.encode()),
        seed(
            "config.json",
            "import transformer FILE --tokens 4 -o OUT.yaml",
            content=json.dumps(CONFIG).encode(),
        ),
        seed(
            "run.stats.txt",
            "import costs FILE --format timeloop --model n --chiplet-type big -o OUT",
            content=TIMELOOP.encode(),
        ),
        seed(
            "compare.csv",
            *("report FILE -o OUT", "compare absent.yaml -o FILE"),
            content=table_text(judge(rows)).encode(),
        ),
        seed("gaps.csv", "report FILE -o OUT", content=splits.encode()),
        seed("maestro.csv", "bench maestro FILE", content=_maestro_rows()),
        seed("net.onnx", "import onnx FILE -o OUT.yaml", content=_onnx()),
        seed("sweep.yaml", "sweep FILE --solver absent", content=yaml.safe_dump(sweep).encode()),
        seed("design.yaml", "codesign FILE --gap 5", content=yaml.safe_dump(design).encode()),
        seed("sweep.db", "sweep show FILE", "sweep export FILE -o OUT.csv", content=_database()),
    ]


def _maestro_rows() -> bytes:
    return b"".join((ROOT / "tests/cost/maestro_sample.csv").read_bytes().splitlines(True)[:6])


def _onnx() -> bytes:
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1], name="conv"),
            helper.make_node("Relu", ["y"], ["z"]),
            helper.make_node("GlobalAveragePool", ["z"], ["out"]),
        ],
        "net",
        [value("x", TensorProto.FLOAT, [1, 3, 8, 8]), value("w", TensorProto.FLOAT, [4, 3, 3, 3])],
        [value("out", TensorProto.FLOAT, [1, 4, 1, 1])],
    )
    content: bytes = helper.make_model(graph).SerializeToString()
    return content


def _database() -> bytes:
    from scar_cp.sweeps.point_store import PointRow, PointStore

    row = PointRow(
        key="k",
        parameters={"windows": 1, "instance": "a"},
        problem_sha256="b" * 64,
        objective="latency",
        space="full",
        solver="scar",
        time_limit_s=1.0,
        stop_gap=0.0,
        workers=1,
        seed=0,
        status="feasible",
        stopped="finished",
        value=20,
        bound=10,
        latency_cycles=20,
        energy_nj=5,
        clock_hz=1e9,
        seconds=0.5,
        message="",
        result=None,
    )
    path = Path("made.db")
    PointStore(path).add(row)
    with sqlite3.connect(path) as db:
        db.execute("vacuum")
    content = path.read_bytes()
    path.unlink()
    return content
