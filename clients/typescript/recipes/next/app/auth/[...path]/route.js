import { backend } from '../../../backend.js';

const answer = (request) => backend.handle(request);

export { answer as GET, answer as POST };
