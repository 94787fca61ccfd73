import { memoryStorage } from 'latchgate';
import { Backend } from 'latchgate/server';

export const api = process.env.API;

// Next.js makes a module anew for each route: one backend for all of them.
export const backend = (globalThis.backend ??= new Backend({
  issuer: process.env.ISSUER,
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
  scope: process.env.SCOPE,
  apis: [api],
  origin: process.env.ORIGIN,
  storage: memoryStorage(), // Of one process. Several share one in a database.
}));
