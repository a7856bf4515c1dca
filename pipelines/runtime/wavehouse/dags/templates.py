"""The Spark jobs' specs, as the environment's rendered overlay has them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

TEMPLATES_VARIABLE = "WAVEHOUSE_TEMPLATES"

PIPELINE_LABEL = "wavehouse.dev/pipeline"

_KIND = "ScheduledSparkApplication"
_STEP_LABEL = "wavehouse.dev/step"
_PINNED = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class SparkTemplate:
    """The template of one step: a suspended ScheduledSparkApplication, whose `spec.template` every run copies."""

    name: str
    step: str
    spec: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict)

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
        driver = self.spec["driver"]
        containers = driver.get("template", {}).get("spec", {}).get("containers", [])
        found = [*driver.get("env", []), *(entry for one in containers for entry in one.get("env", []))]
        return {str(entry["name"]): str(entry["value"]) for entry in found if "value" in entry}


@dataclass(frozen=True)
class Templates:
    """The templates of an environment, by pipeline and step. `where` they were found is for messages."""

    where: str
    found: dict[tuple[str, str], SparkTemplate]

    @staticmethod
    def parse(objects: Iterable[dict[str, Any]], where: str) -> Templates:
        """Takes the templates from Kubernetes objects of their kind."""
        found: dict[tuple[str, str], SparkTemplate] = {}
        for item in objects:
            labels = {str(name): str(value) for name, value in item["metadata"].get("labels", {}).items()}
            key = (labels.get(PIPELINE_LABEL, ""), labels.get(_STEP_LABEL, ""))
            found[key] = SparkTemplate(item["metadata"]["name"], key[1], item["spec"]["template"], labels)
        return Templates(where, found)

    def pick(self, pipeline: str, step: str) -> SparkTemplate:
        """The template of a step. Throws UserError when there is none."""
        if (pipeline, step) not in self.found:
            known = ", ".join(sorted(f"{of} {name}" for of, name in self.found)) or "none"
            raise UserError(
                f"{self.where}: no {_KIND} for step {step} of {pipeline} (there are: {known}): "
                "run `npm run generate` and render the overlay again"
            )
        return self.found[pipeline, step]

    def pinned_images(self, pipeline: str, steps: list[str]) -> dict[str, str]:
        """The image of each step. Throws UserError when a template is missing or its image has no digest."""
        return {step: self._pinned(self.pick(pipeline, step)) for step in steps}

    def _pinned(self, template: SparkTemplate) -> str:
        if not _PINNED.fullmatch(template.image):
            raise UserError(
                f"{self.where}: the image of {template.name} is {template.image!r}, without a digest: "
                "build the images and bump the overlay first"
            )
        return template.image


def rendered_templates() -> Templates:
    """The templates of the rendered overlay that the environment names. Throws UserError when it cannot be read."""
    return _read(_file())


def _file() -> Path:
    found = os.environ.get(TEMPLATES_VARIABLE)
    if not found:
        raise UserError(f"{TEMPLATES_VARIABLE} is not set: give it the file of the rendered overlay")
    return Path(found)


def _read(file: Path) -> Templates:
    try:
        documents = re.split(r"^---.*$", file.read_text(), flags=re.MULTILINE)
        # Only the documents of the kind are parsed: an overlay is long.
        objects = [YAML(typ="safe", pure=True).load(text) for text in documents if f"kind: {_KIND}" in text]
    except (OSError, YAMLError) as error:
        raise UserError(f"{file}: cannot read the rendered overlay: {error}") from error
    return Templates.parse((item for item in objects if item.get("kind") == _KIND), str(file))
