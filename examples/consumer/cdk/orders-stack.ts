import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface OrdersProps extends StackProps {
  /** Name of the Latchgate stack. Parameter Store of this account and region must have its parameters, written by the stack or copied. */
  readonly latchgateStack: string;
  /** The exact origins whose pages may call this API in a browser. */
  readonly allowedOrigins: string[];
  /** The URL of this API, as in ProtectedResources of Latchgate's stack, to accept only tokens for this API. */
  readonly resource?: string;
}

/** A REST API in a separate stack, behind Latchgate's authorizer. */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props: OrdersProps) {
    super(scope, id, props);

    const latchgate = lambda.Function.fromFunctionAttributes(this, 'Authorizer', {
      // Not an import: Latchgate's stack may then change or go whatever this one does, and this one may be of another account.
      functionArn: ssm.StringParameter.valueForStringParameter(this, `/latchgate/${props.latchgateStack}/authorizer-arn`),
      // Latchgate's stack lets every API of this account call it. A permission of each would fill its policy.
      skipPermissions: true,
    });
    // Of the two kinds the one that sees the request, so that scope rules are about its own path.
    const authorizer = new apigateway.RequestAuthorizer(this, 'Latchgate', {
      handler: latchgate,
      identitySources: [apigateway.IdentitySource.header('Authorization')],
      // Not cached: a logout takes effect at the very next request.
      resultsCacheTtl: Duration.seconds(0),
    });

    const api = new apigateway.RestApi(this, 'Api', {
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // The authorizer takes tokens for this resource alone.
      deployOptions: { stageName: 'prod', variables: props.resource ? { latchgate_resource: props.resource } : undefined },
      cloudWatchRole: false,
      // What has no authorizer of its own is behind it.
      defaultMethodOptions: { authorizer, authorizationType: apigateway.AuthorizationType.CUSTOM },
      // Preflights carry no token, so CDK leaves them open.
      defaultCorsPreflightOptions: {
        allowOrigins: props.allowedOrigins,
        allowMethods: ['GET', 'POST'],
        allowHeaders: ['Authorization', 'Content-Type', 'DPoP'],
      },
    });
    const issuer = ssm.StringParameter.valueForStringParameter(this, `/latchgate/${props.latchgateStack}/issuer`);
    const metadata = `${issuer}/.well-known/oauth-protected-resource`;
    const [, place] = props.resource?.split('https://') ?? [];
    answerLikeOAuth(api, place && `${metadata}/${place}`);
    if (place) leadToMetadata(api, `${metadata}/${place.split('/')[0]}`);

    const orders = new lambda.Function(this, 'OrdersFunction', {
      runtime: lambda.Runtime.PYTHON_3_13,
      handler: 'index.handler',
      code: lambda.Code.fromInline(readFileSync(join(__dirname, '..', 'orders.py'), 'utf8')),
      environment: { ALLOWED_ORIGINS: props.allowedOrigins.join(',') },
    });
    const integration = new apigateway.LambdaIntegration(orders, { allowTestInvoke: false });
    const resource = api.root.addResource('orders');
    resource.addMethod('GET', integration);
    resource.addMethod('POST', integration);

    new CfnOutput(this, 'OrdersUrl', { description: 'Where the orders are', value: api.urlForPath('/orders') });
  }
}

/** Leads from where clients look for the metadata of this API to what Latchgate has of this host. No token is needed for it. */
function leadToMetadata(api: apigateway.RestApi, url: string) {
  const open = { authorizationType: apigateway.AuthorizationType.NONE };
  const place = api.root.addResource('.well-known').addResource('oauth-protected-resource');
  place.addMethod('GET', new apigateway.HttpIntegration(url), open);
  place.addResource('{proxy+}').addMethod('GET',
    new apigateway.HttpIntegration(`${url}/{proxy}`, {
      options: { requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' } },
    }),
    { ...open, requestParameters: { 'method.request.path.proxy': true } });
}

/** What API Gateway says where no function is asked, in the shape of OAuth's errors. They say nothing that a page of another origin mustn't read. */
function answerLikeOAuth(api: apigateway.RestApi, metadata?: string) {
  const parameter = metadata ? `, resource_metadata="${metadata}"` : '';
  const { ResponseType: of } = apigateway;
  const answers: [string, apigateway.ResponseType, string | undefined, string, string, string?][] = [
    ['Unauthorized', of.UNAUTHORIZED, '401', 'unauthorized',
      'This needs a valid access token: log in or refresh.', `Bearer realm="orders"${parameter}, DPoP algs="ES256 EdDSA Ed25519 RS256"`],
    ['AccessDenied', of.ACCESS_DENIED, '403', 'insufficient_scope',
      'The access token does not allow this.',
      `Bearer realm="orders", error="insufficient_scope"${parameter}, DPoP algs="ES256 EdDSA Ed25519 RS256", error="insufficient_scope"`],
    // API Gateway's name for "no such path or method", which it would answer with 403.
    ['NotFound', of.MISSING_AUTHENTICATION_TOKEN, '404', 'not_found',
      'There is no such path, or it does not have that method.'],
    ['Refused', of.DEFAULT_4XX, undefined, 'invalid_request',
      'The request was refused before it reached a function.'],
    ['Failed', of.DEFAULT_5XX, undefined, 'server_error', 'The request could not be carried out.'],
  ];
  for (const [id, type, statusCode, error, description, challenge] of answers) {
    api.addGatewayResponse(id, {
      type,
      statusCode,
      responseHeaders: {
        'Cache-Control': "'no-store'",
        'Access-Control-Allow-Origin': "'*'",
        'Access-Control-Expose-Headers': "'WWW-Authenticate, Date'",
        ...(challenge && { 'WWW-Authenticate': `'${challenge}'` }),
      },
      templates: { 'application/json': JSON.stringify({ error, error_description: description }) },
    });
  }
}
