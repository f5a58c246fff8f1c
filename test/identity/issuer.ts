/** An issuer of tokens for tests: real keys, real signatures, a key set as it would publish it. */
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { TokenAlgorithm } from "../../src/identity/jwks.ts";
import { AUDIENCE, ISSUER } from "../lab/names.ts";

export { AUDIENCE, ISSUER };

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

export interface TokenWishes {
  readonly kid?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly subject?: string;
  /** Seconds since 1970. */
  readonly issuedAtS?: number;
  readonly expiresAtS?: number;
  readonly notBeforeS?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export class Issuer {
  readonly algorithm: TokenAlgorithm;
  readonly #pairs = new Map<string, Keys>();
  readonly #published = new Map<string, JWK>();

  constructor(algorithm: TokenAlgorithm = "ES256") {
    this.algorithm = algorithm;
  }

  async addKey(kid: string): Promise<void> {
    const pair = await generateKeyPair(this.algorithm, { extractable: true });
    this.#pairs.set(kid, pair);
    this.#published.set(kid, { ...(await exportJWK(pair.publicKey)), kid, alg: this.algorithm, use: "sig" });
  }

  withdrawKey(kid: string): void {
    this.#pairs.delete(kid);
    this.#published.delete(kid);
  }

  /** There at once: nobody's patience with it depends on how busy the machine is. */
  async keySet(): Promise<string> {
    return JSON.stringify({ keys: [...this.#published.values()] });
  }

  async token(nowMs: number, wishes: TokenWishes = {}): Promise<string> {
    const kid = wishes.kid ?? "k1";
    const pair = this.#pairs.get(kid) ?? (await generateKeyPair(this.algorithm));
    const nowS = Math.floor(nowMs / 1000);
    const token = new SignJWT({ ...wishes.claims })
      .setProtectedHeader({ alg: this.algorithm, kid })
      .setIssuer(wishes.issuer ?? ISSUER)
      .setAudience(wishes.audience ?? AUDIENCE)
      .setSubject(wishes.subject ?? "installation-7")
      .setIssuedAt(wishes.issuedAtS ?? nowS)
      .setExpirationTime(wishes.expiresAtS ?? nowS + 3600);
    if (wishes.notBeforeS !== undefined) token.setNotBefore(wishes.notBeforeS);
    return await token.sign(pair.privateKey);
  }
}
