//! The REST example with the role in `docs/guide/your-own-api.md`, for an account in an organization.

use serde_json::json;

use crate::{
    sam::Tools,
    shell::{TaskError, root},
};

const REST: &str = "examples/consumer/rest/template.yaml";
const GUIDE: &str = "docs/guide/your-own-api.md";
const FUNCTION: &str = "            FunctionArn: !Ref AuthorizerArn\n";

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let example = with_role(&read(REST)?, &read(GUIDE)?)?;
    let template = "target/consumer-with-role.yaml";
    std::fs::write(root().join(template), example).map_err(|e| TaskError(format!("{template}: {e}")))?;
    let stack = tools.translate(template)?;
    let (_, api) = stack.only("AWS::ApiGateway::RestApi")?;
    let authorizers = &api["Properties"]["Body"]["components"]["securitySchemes"];
    let authorizer = &authorizers["Latchgate"]["x-amazon-apigateway-authorizer"];
    let role = stack.properties("AuthorizerRole", "AWS::IAM::Role");
    let statement = role.map(|role| role["Policies"][0]["PolicyDocument"]["Statement"].clone());
    stack.hold(&[
        (
            "API Gateway calls the authorizer with the role",
            authorizer["authorizerCredentials"] == json!({ "Fn::GetAtt": ["AuthorizerRole", "Arn"] }),
        ),
        (
            "the role may call the authorizer, and nothing else",
            statement
                == Some(json!([{ "Effect": "Allow", "Action": "lambda:InvokeFunction",
                    "Resource": { "Ref": "AuthorizerArn" } }])),
        ),
        ("it adds nothing to the authorizer's policy", stack.permits_nothing_of_others()),
    ])
}

fn read(path: &str) -> Result<String, TaskError> {
    std::fs::read_to_string(root().join(path)).map_err(|e| TaskError(format!("{path}: {e}")))
}

/// The example with the guide's role in its resources, referenced where the guide says.
fn with_role(example: &str, guide: &str) -> Result<String, TaskError> {
    let missing = |what: &str| TaskError(format!("{GUIDE}: no {what}"));
    let block = guide.split("```yaml\n").find(|block| block.starts_with("  AuthorizerRole:"));
    let role = block.and_then(|block| block.split("```").next()).ok_or_else(|| missing("role"))?;
    let words = guide.split('`').find(|words| words.starts_with("FunctionInvokeRole:"));
    let named = words.ok_or_else(|| missing("FunctionInvokeRole"))?;
    let example = example.replacen(FUNCTION, &format!("{FUNCTION}            {named}\n"), 1);
    Ok(example.replacen("\nOutputs:\n", &format!("\n{role}\nOutputs:\n"), 1))
}
