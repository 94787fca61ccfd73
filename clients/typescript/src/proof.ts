/** What a proof is for. */
export interface ProofRequest {
  method: string;
  url: string;
  /** Seconds since the Unix epoch, on the server's clock. */
  iat: number;
  /** The server's newest nonce, at its token endpoints. */
  nonce?: string | undefined;
  /** At calls: the access token that goes with the proof. */
  accessToken?: string | undefined;
}

/** Makes DPoP proofs (RFC 9449) with one key, which all tabs of the device share. `latchgate/dpop` has one. */
export interface Prover {
  /** The SHA-256 thumbprint of the key (RFC 7638). */
  thumbprint(): Promise<string>;
  proof(request: ProofRequest): Promise<string>;
}
