"""Translates a SAM template as CloudFormation would, and prints the result as JSON.

translate.py TEMPLATE: without values, so that a reference to a parameter stays one.

translate.py --values FILE: with values, once for each member of FILE, a JSON list of {"template", "region", "values"}; and, by type, the
properties whose change replaces a resource, as the schemas of CloudFormation's registry have it.
"""

import json
import multiprocessing
import re
import sys
from functools import cache
from types import SimpleNamespace

from samtranslator.model import apigateway
from samtranslator.open_api import open_api
from samtranslator.swagger import swagger
from samtranslator.translator.arn_generator import ArnGenerator, _region_to_partition
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# For each route, SAM copies the whole API before it adds the route, and again afterwards. Nothing reads the document from before
# again, so without the copies a translation is the same, and takes a sixth of the time.
swagger._deepcopy = open_api._deepcopy = lambda document: document  # noqa: SLF001, there is no setting for it

# CloudFormation's reference says that this replaces, too; the registry's schema leaves it out.
ALSO_REPLACED = {"AWS::Route53::RecordSet": ["/properties/Name"]}


class NoManagedPolicies:
    """The templates name none, so none need to be fetched from AWS."""

    def load(self):
        return {}


@cache
def text_of(path):
    """A template as JSON, which is read faster than YAML."""
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and "InlineCode" not in properties:
            # The value that `sam deploy` sets after it has uploaded the code.
            properties["CodeUri"] = "s3://bucket/key"
    return json.dumps(template, default=str)


def without_values(path):
    template = json.loads(text_of(path))
    # SAM replaces some references to a parameter by its default, which then looks like a value written in the template.
    # Without defaults, the references stay.
    parameters = template.get("Parameters", {})
    defaults = {name: parameter.pop("Default") for name, parameter in parameters.items() if "Default" in parameter}
    translated = transform(template, {}, NoManagedPolicies())
    for name, default in defaults.items():
        translated["Parameters"][name]["Default"] = default
    return translated


def with_values(job):
    second, setting = job
    template = json.loads(text_of(setting["template"]))
    for name, value in setting["values"].items():
        check_value(name, value, template["Parameters"][name])
    region = setting["region"]
    ArnGenerator.BOTO_SESSION_REGION_NAME = region
    # AlwaysDeploy hashes the current second for a deployment's name. No two deployments happen in the same second.
    apigateway.time = SimpleNamespace(time=lambda: second)
    values = {**setting["values"], "AWS::Region": region, "AWS::Partition": _region_to_partition(region)}
    return transform(template, values, NoManagedPolicies())


def check_value(name, value, parameter):
    """Refuses what CloudFormation would refuse."""
    is_number = parameter["Type"] == "Number"
    size = float(value) if is_number else len(value)
    least = float(parameter.get("MinValue" if is_number else "MinLength", "-inf"))
    most = float(parameter.get("MaxValue" if is_number else "MaxLength", "inf"))
    allowed = [str(one) for one in parameter.get("AllowedValues", [value])]
    if not least <= size <= most or value not in allowed or not re.search(parameter.get("AllowedPattern", ""), value):
        raise SystemExit(f"CloudFormation would refuse {value!r} for the parameter {name}")


def replacing(translations):
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # noqa: PLC0415, a second that the other way doesn't need

    types = {resource["Type"] for translated in translations for resource in translated["Resources"].values()}
    found = {}
    for kind in types:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        paths = schema.get("createOnlyProperties", []) + schema.get("conditionalCreateOnlyProperties", [])
        found[kind] = paths + ALSO_REPLACED.get(kind, [])
    return found


if __name__ == "__main__":
    if sys.argv[1] == "--values":
        with open(sys.argv[2], encoding="utf-8") as file:
            settings = json.load(file)
        with multiprocessing.Pool() as pool:
            translations = pool.map(with_values, enumerate(settings, 1))
        answer = {"translations": translations, "replacing": replacing(translations)}
    else:
        answer = without_values(sys.argv[1])
    json.dump(answer, sys.stdout, default=str)
