# An HTTP API of your own, behind Latchgate's authorizer.

terraform {
  required_version = ">= 1.5"
  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.4"
    }
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

variable "latchgate_stack" {
  description = "Name of the Latchgate stack. Parameter Store of this account and region must have its parameters, written by the stack or copied"
  type        = string
  default     = "latchgate"
}

variable "resource" {
  description = "The URL of this API, as in ProtectedResources of Latchgate's stack, to accept only tokens for this API. Empty to accept the tokens of Audience"
  type        = string
  default     = ""
}

variable "allowed_origins" {
  description = "The exact origins whose pages may call this API in a browser"
  type        = list(string)
}

# The authorizer: a function of Latchgate's stack, which lets every API of this account call it. A permission of each would fill the
# function's policy.
data "aws_ssm_parameter" "authorizer" {
  name = "/latchgate/${var.latchgate_stack}/authorizer-arn"
}

data "aws_ssm_parameter" "issuer" {
  name = "/latchgate/${var.latchgate_stack}/issuer"
}

locals {
  # Insecure means that plans show it: it is no secret.
  authorizer_arn = data.aws_ssm_parameter.authorizer.insecure_value
  # arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME
  partition = split(":", local.authorizer_arn)[1]
  region    = split(":", local.authorizer_arn)[3]
  # Where Latchgate has the metadata of resources of this host.
  metadata = "${data.aws_ssm_parameter.issuer.insecure_value}/.well-known/oauth-protected-resource/${split("/", "${var.resource}///")[2]}"
}

resource "aws_apigatewayv2_api" "orders" {
  name          = "orders"
  protocol_type = "HTTP"

  # API Gateway answers preflights itself, and adds these headers to its own errors too.
  cors_configuration {
    allow_origins  = var.allowed_origins
    allow_methods  = ["GET", "POST"]
    allow_headers  = ["authorization", "content-type", "dpop"]
    expose_headers = ["www-authenticate"]
  }
}

resource "aws_apigatewayv2_authorizer" "latchgate" {
  api_id          = aws_apigatewayv2_api.orders.id
  name            = "Latchgate"
  authorizer_type = "REQUEST"
  authorizer_uri  = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${local.authorizer_arn}/invocations"

  identity_sources                  = ["$request.header.Authorization"]
  authorizer_payload_format_version = "2.0"
  # An IAM policy and not yes or no, which would be for every route.
  enable_simple_responses = false
  # Not cached: a logout takes effect at the very next request.
  authorizer_result_ttl_in_seconds = 0
}

# A route without these two last lines is open: Terraform has no default authorizer.
resource "aws_apigatewayv2_route" "orders" {
  for_each = toset(["GET /orders", "POST /orders"])

  api_id             = aws_apigatewayv2_api.orders.id
  route_key          = each.value
  target             = "integrations/${aws_apigatewayv2_integration.orders.id}"
  authorization_type = "CUSTOM"
  authorizer_id      = aws_apigatewayv2_authorizer.latchgate.id
}

# Where clients look for the metadata of this API: Latchgate has it. These routes are open.
resource "aws_apigatewayv2_integration" "metadata" {
  for_each = { "" = "", "/{proxy+}" = "/{proxy}" }

  api_id             = aws_apigatewayv2_api.orders.id
  integration_type   = "HTTP_PROXY"
  integration_method = "GET"
  integration_uri    = "${local.metadata}${each.value}"
}

resource "aws_apigatewayv2_route" "metadata" {
  for_each = aws_apigatewayv2_integration.metadata

  api_id             = aws_apigatewayv2_api.orders.id
  route_key          = "GET /.well-known/oauth-protected-resource${each.key}"
  target             = "integrations/${each.value.id}"
  authorization_type = "NONE"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.orders.id
  name        = "$default"
  auto_deploy = true
  # The authorizer takes tokens for this resource alone.
  stage_variables = var.resource == "" ? {} : { latchgate_resource = var.resource }
}

output "orders_url" {
  description = "Where the orders are"
  value       = "${aws_apigatewayv2_api.orders.api_endpoint}/orders"
}
