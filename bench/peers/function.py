"""A function that reads a row, with only as much of Lambda's runtime as it takes to fetch and answer invocations."""

import http.client
import json
import os

import boto3

TABLE, KEY, ROW = os.environ["TABLE"], os.environ["KEY"], os.environ["ROW"]
dynamodb = boto3.client("dynamodb")


def handle(_event):
    item = dynamodb.get_item(TableName=TABLE, Key={KEY: {"S": ROW}})["Item"]
    return {"statusCode": 200, "body": str(len(item))}


def main():
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        invocation = runtime.getresponse()
        request_id, event = invocation.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(invocation.read())
        path = f"/2018-06-01/runtime/invocation/{request_id}/response"
        runtime.request("POST", path, json.dumps(handle(event)))
        runtime.getresponse().read()


main()
