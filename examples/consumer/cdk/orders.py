import json
import os

ALLOWED_ORIGINS = [origin for origin in os.environ["ALLOWED_ORIGINS"].split(",") if origin]

def handler(event, context):
    # The authorizer allowed the request, and names the caller. All values are strings.
    caller = event["requestContext"]["authorizer"]
    who = {name: caller[name] for name in ("sub", "client_id", "scope")}
    headers = cors(event["headers"] or {})
    if event["httpMethod"] == "POST":
        return answer(201, {"ordered_by": who}, headers)
    return answer(200, {"orders": [], "for": who}, headers)

def answer(status, body, headers):
    headers = {**headers, "Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}

def cors(headers):
    # Exactly the origin that asks, if it is allowed. Vary keeps caches from giving its answer to another.
    origin = next((value for name, value in headers.items() if name.lower() == "origin"), None)
    if origin not in ALLOWED_ORIGINS:
        return {"Vary": "Origin"}
    return {"Vary": "Origin", "Access-Control-Allow-Origin": origin}
