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
  description = "Name of the Latchgate stack, in the same account and region"
  type        = string
  default     = "latchgate"
}

variable "allowed_origins" {
  description = "The exact origins whose pages may call this API in a browser"
  type        = list(string)
}

# The authorizer: a function of Latchgate's stack, which exports its ARN.
data "aws_cloudformation_export" "authorizer" {
  name = "${var.latchgate_stack}-AuthorizerArn"
}

locals {
  authorizer_arn = data.aws_cloudformation_export.authorizer.value
  # arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME
  partition = split(":", local.authorizer_arn)[1]
  region    = split(":", local.authorizer_arn)[3]
}

resource "aws_apigatewayv2_api" "orders" {
  name          = "orders"
  protocol_type = "HTTP"

  # API Gateway answers preflights itself, and adds these headers to its own errors too.
  cors_configuration {
    allow_origins  = var.allowed_origins
    allow_methods  = ["GET", "POST"]
    allow_headers  = ["authorization", "content-type"]
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

# Without it API Gateway answers every request with a 500; with a wider one, APIs of others could ask.
resource "aws_lambda_permission" "authorizer" {
  action        = "lambda:InvokeFunction"
  function_name = local.authorizer_arn
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.orders.execution_arn}/authorizers/${aws_apigatewayv2_authorizer.latchgate.id}"
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

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.orders.id
  name        = "$default"
  auto_deploy = true
}

output "orders_url" {
  description = "Where the orders are"
  value       = "${aws_apigatewayv2_api.orders.api_endpoint}/orders"
}
