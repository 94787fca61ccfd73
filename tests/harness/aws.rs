//! Calls of AWS's services by plain HTTP, for operations whose SDK isn't among the dependencies.

use serde_json::Value;

/// The answer of an emulator to an operation of this service. A `target` names the operation where the path doesn't.
pub(crate) async fn ask(url: &str, service: &str, target: Option<&str>, input: &Value) -> Value {
    // Emulators accept any signature. moto finds the service and the region in it.
    let signed = format!(
        "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    );
    let request = reqwest::Client::new()
        .post(url)
        .header("Authorization", signed)
        .header("Content-Type", target.map_or("application/json", |_| "application/x-amz-json-1.0"))
        .body(input.to_string());
    let request = target.into_iter().fold(request, |request, target| request.header("X-Amz-Target", target));
    let reply = request.send().await.unwrap();
    let (status, text) = (reply.status(), reply.text().await.unwrap());
    assert_eq!(status, 200, "{url} {target:?}: {text}");
    serde_json::from_str(&text).unwrap()
}
