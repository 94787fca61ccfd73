import { App } from 'aws-cdk-lib';

import { OrdersStack } from './orders-stack';

const app = new App();
const latchgateStack: string = app.node.tryGetContext('latchgateStack') ?? 'latchgate';
// cdk deploy -c allowedOrigins=https://shop.example.com,https://admin.example.com
const origins: string | undefined = app.node.tryGetContext('allowedOrigins');
const allowedOrigins = origins?.split(',').filter((origin) => origin !== '') ?? [];
if (allowedOrigins.length === 0) throw new Error('which pages may call? -c allowedOrigins=https://shop.example.com');
// -c resource=https://shop.example.com/orders
const resource: string | undefined = app.node.tryGetContext('resource');
new OrdersStack(app, 'Orders', { stackName: 'orders', latchgateStack, allowedOrigins, resource });
