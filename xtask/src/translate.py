"""Translates a SAM template as CloudFormation would, and prints the result as JSON."""

import json
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The templates name none, so none need to be fetched from AWS."""

    def load(self):
        return {}


with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file)
for resource in template["Resources"].values():
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::Serverless::Function" and "InlineCode" not in properties:
        # What `sam deploy` puts there after it has uploaded the code.
        properties["CodeUri"] = "s3://bucket/key"
# SAM writes a default in the place of some references to its parameter, where nobody can tell it from a value that the
# template has written out. Without defaults the references stay.
parameters = template.get("Parameters", {})
defaults = {name: parameter.pop("Default") for name, parameter in parameters.items() if "Default" in parameter}
translated = transform(template, {}, NoManagedPolicies())
for name, default in defaults.items():
    translated["Parameters"][name]["Default"] = default
json.dump(translated, sys.stdout, indent=1, default=str)
