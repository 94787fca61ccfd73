// A function that reads a row, with only as much of Lambda's runtime as it takes to fetch and answer invocations.
import http from "node:http";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const { AWS_LAMBDA_RUNTIME_API, TABLE, KEY, ROW } = process.env;
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true });
const dynamodb = new DynamoDBClient({});

async function handle() {
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: TABLE, Key: { [KEY]: { S: ROW } } }));
  return { statusCode: 200, body: String(Object.keys(Item).length) };
}

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, host, port, method, path: `/2018-06-01/runtime/${path}` }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve([response.headers["lambda-runtime-aws-request-id"], text]));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const [id, event] = await call("GET", "invocation/next");
  await call("POST", `invocation/${id}/response`, JSON.stringify(await handle(JSON.parse(event))));
}
