"""Compiles and imports the pipelines' Python, and loads in Airflow what the DAG builder makes of each pipeline.

Standard input has one JSON document, `{"pipelines": [{"name", "file", "python": [paths], "hooks": [{"file",
"function"}]}]}`, and standard output gets one, `{"problems": [{"kind", "file", "line", "column", "message"}]}`.
Paths are from the repository's root, which is the current folder. It ends with 0 when it has checked everything,
whatever it found.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

Problem = dict[str, Any]


def main() -> None:
    """Checks what standard input names."""
    wanted: list[dict[str, Any]] = json.load(sys.stdin)["pipelines"]
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Whatever is imported may print; only the answer is the answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    problems: list[Problem] = []
    for pipeline in wanted:
        for file in pipeline["python"]:
            named = [hook["function"] for hook in pipeline["hooks"] if hook["file"] == file]
            problems += _check_python(file, f"{pipeline['name']}_{Path(file).stem}", named)
    problems += _load_dags(wanted)
    json.dump({"problems": problems}, answers)
    answers.close()
    # Airflow leaves threads that nobody waits for.
    os._exit(0)


def _check_python(file: str, module: str, functions: list[str]) -> list[Problem]:
    source = Path(file).read_bytes()
    try:
        compile(source, file, "exec")
    except SyntaxError as error:
        return [_problem("syntax", file, error.lineno, error.offset, error.msg)]
    except ValueError as error:  # a null byte
        return [_problem("syntax", file, 1, 1, str(error))]
    name = re.sub(r"\W", "_", module)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        return [_problem("import", file, 1, 1, "is no Python module")]
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    sys.path.insert(0, str(Path(file).parent.resolve()))
    try:
        spec.loader.exec_module(loaded)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a module throws while it is imported
        frames = traceback.extract_tb(error.__traceback__)
        own = str(Path(file).resolve())
        lines = [frame.lineno for frame in frames if str(Path(frame.filename).resolve()) == own]
        return [_problem("import", file, lines[-1] if lines else 1, 1, f"{type(error).__name__}: {error}")]
    finally:
        sys.modules.pop(name, None)
        sys.path.pop(0)
    lacking = [function for function in functions if not callable(getattr(loaded, function, None))]
    return [_problem("import", file, 1, 1, f"there is no function `{function}`") for function in lacking]


def _problem(kind: str, file: str, line: int | None, column: int | None, message: str) -> Problem:
    return {"kind": kind, "file": file, "line": line or 1, "column": max(column or 1, 1), "message": message}


def _load_dags(wanted: list[dict[str, Any]]) -> list[Problem]:
    if not wanted:
        return []
    home = Path(tempfile.mkdtemp(prefix="wavehouse-dags-"))
    try:
        pipelines = home / "pipelines"
        pipelines.mkdir()
        for pipeline in wanted:
            (pipelines / pipeline["name"]).symlink_to(Path(pipeline["file"]).parent.resolve())
        return _load(home, pipelines, {pipeline["name"]: pipeline["file"] for pipeline in wanted})
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _load(home: Path, pipelines: Path, files: dict[str, str]) -> list[Problem]:
    _isolate_airflow(home)
    # Airflow reads its settings when it is imported.
    from airflow.dag_processing.dagbag import BundleDagBag  # noqa: PLC0415
    from airflow.serialization.serialized_objects import DagSerialization  # noqa: PLC0415

    from wavehouse.dags.bundle import PipelinesBundle  # noqa: PLC0415

    bundle = PipelinesBundle(name="pipelines", folder=str(pipelines))
    bundle.initialize()
    bag = BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name="pipelines")
    problems: list[Problem] = []
    for path, text in bag.import_errors.items():
        name = Path(path).stem
        problems.append(_import_error(files[name], pipelines / name / "pipeline.yaml", text))
    made = {name: [dag for dag in bag.dags.values() if Path(dag.fileloc).stem == name] for name in files}
    failed = {Path(path).stem for path in bag.import_errors}
    for name, file in files.items():
        if not made[name] and name not in failed:
            problems.append(_problem("dag", file, 1, 1, "the DAG builder makes no DAG of it"))
        for dag in made[name]:
            try:
                DagSerialization.to_dict(dag)
            except Exception as error:  # noqa: BLE001 - whatever keeps the scheduler from storing it
                problems.append(_problem("dag", file, 1, 1, f"{dag.dag_id} cannot be stored: {error}"))
    return problems


def _isolate_airflow(home: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        del os.environ[name]
    os.environ.update(
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(home / "dags"),
        AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT="60",
        AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db",
        AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH=str(home / "bundles"),
    )


def _import_error(file: str, seen_as: Path, text: str) -> Problem:
    """The builder names the line; of anything else the last line of the traceback says what it was."""
    said = text.strip().splitlines()[-1] if text.strip() else "no reason was given"
    found = re.search(rf"{re.escape(str(seen_as))}:(\d+):\s*(.*)", text)
    if found is not None:
        return _problem("dag", file, int(found[1]), 1, found[2])
    return _problem("dag", file, 1, 1, re.sub(r"^[\w.]*UserError: ", "", said.replace(str(seen_as), file)))


if __name__ == "__main__":
    main()
