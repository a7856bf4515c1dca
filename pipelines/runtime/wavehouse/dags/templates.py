"""The Spark jobs' specs, as the environment's rendered overlay has them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from wavehouse.errors import UserError

TEMPLATES_VARIABLE = "WAVEHOUSE_TEMPLATES"

_KIND = "ScheduledSparkApplication"
_PIPELINE_LABEL = "wavehouse.dev/pipeline"
_STEP_LABEL = "wavehouse.dev/step"
_PINNED = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class SparkTemplate:
    """The template of one step: a suspended ScheduledSparkApplication, whose `spec.template` every run copies."""

    name: str
    step: str
    spec: dict[str, Any]

    @property
    def image(self) -> str:
        """The image, as the overlay pins it."""
        return str(self.spec.get("image", ""))

    @property
    def main_file(self) -> str:
        """The program's path in the image."""
        return str(self.spec["mainApplicationFile"]).removeprefix("local://")

    @property
    def arguments(self) -> list[str]:
        """The program's arguments, without those of a run."""
        return [str(argument) for argument in self.spec.get("arguments", [])]

    @property
    def spark_conf(self) -> dict[str, str]:
        """Spark's settings."""
        return {str(key): str(value) for key, value in self.spec.get("sparkConf", {}).items()}

    @property
    def driver_memory(self) -> str:
        """The driver's heap, in Spark's notation."""
        return str(self.spec["driver"].get("memory", "1g"))

    @property
    def driver_env(self) -> dict[str, str]:
        """The driver's plain environment variables; those that come from Secrets are the cluster's own."""
        found = cast("list[dict[str, Any]]", self.spec["driver"].get("env", []))
        return {str(entry["name"]): str(entry["value"]) for entry in found if "value" in entry}


def pinned_images(pipeline: str, steps: list[str]) -> dict[str, str]:
    """The image of each step. Throws UserError when a template is missing or its image has no digest."""
    return {step: _pinned(find_template(pipeline, step)) for step in steps}


def find_template(pipeline: str, step: str) -> SparkTemplate:
    """The template of a step. Throws UserError when the rendered overlay has none."""
    file = _file()
    found = _read(file)
    if (pipeline, step) not in found:
        known = ", ".join(sorted(f"{of} {name}" for of, name in found)) or "none"
        raise UserError(
            f"{file}: no {_KIND} for step {step} of {pipeline} (there are: {known}): "
            "run `npm run generate` and render the overlay again"
        )
    return found[pipeline, step]


def _pinned(template: SparkTemplate) -> str:
    if not _PINNED.fullmatch(template.image):
        raise UserError(
            f"{_file()}: the image of {template.name} is {template.image!r}, without a digest: "
            "build the images and bump the overlay first"
        )
    return template.image


def _file() -> Path:
    found = os.environ.get(TEMPLATES_VARIABLE)
    if not found:
        raise UserError(f"{TEMPLATES_VARIABLE} is not set: give it the file of the rendered overlay")
    return Path(found)


def _read(file: Path) -> dict[tuple[str, str], SparkTemplate]:
    try:
        documents = re.split(r"^---.*$", file.read_text(), flags=re.MULTILINE)
        # Only the documents of the kind are parsed: an overlay is long.
        objects = [YAML(typ="safe", pure=True).load(text) for text in documents if f"kind: {_KIND}" in text]
    except (OSError, YAMLError) as error:
        raise UserError(f"{file}: cannot read the rendered overlay: {error}") from error
    found: dict[tuple[str, str], SparkTemplate] = {}
    for item in objects:
        if item.get("kind") != _KIND:
            continue
        labels = item["metadata"].get("labels", {})
        key = (labels.get(_PIPELINE_LABEL, ""), labels.get(_STEP_LABEL, ""))
        found[key] = SparkTemplate(item["metadata"]["name"], key[1], item["spec"]["template"])
    return found
