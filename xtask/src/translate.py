"""Translates a SAM template as CloudFormation would, and prints the result as JSON."""

import json
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template names none, so none need to be fetched from AWS."""

    def load(self):
        return {}


with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file)
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        # What `sam deploy` puts there after it has uploaded the code.
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout, indent=1, default=str)
