import json


def handler(event, context):
    # The authorizer allowed the request, and names the caller. All values are strings.
    caller = event["requestContext"]["authorizer"]["lambda"]
    who = {name: caller[name] for name in ("sub", "client_id", "scope")}
    if event["requestContext"]["http"]["method"] == "POST":
        return answer(201, {"ordered_by": who})
    return answer(200, {"orders": [], "for": who})


def answer(status, body):
    # API Gateway adds the headers of CORS itself.
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
