/**
 * What software proves itself with, made as its vendors would make it from our documentation: with node:crypto, not with
 * the shield's own code.
 */
import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { DEMO_AUTHORITY, SYSTEMS_HOST } from "./names.ts";

export { DEMO_AUTHORITY, SYSTEMS_HOST };

export interface Certificate {
  readonly serial: string;
  readonly issuer?: string;
  readonly verified?: string;
  readonly revoked?: boolean;
  readonly notAfter?: string;
}

/** `request.cf.tlsClientAuth` as Cloudflare fills it. */
export function tlsClientAuth({
  serial,
  issuer = DEMO_AUTHORITY,
  verified = "SUCCESS",
  revoked = false,
  notAfter = "Dec 22 19:39:00 2030 GMT",
}: Certificate) {
  return {
    certPresented: "1",
    certVerified: verified,
    certRevoked: revoked ? "1" : "0",
    certIssuerDN: issuer,
    certIssuerDNRFC2253: issuer,
    certSubjectDN: "CN=a practice",
    certSubjectDNRFC2253: "CN=a practice",
    certSerial: serial,
    certFingerprintSHA256: Buffer.from(serial.padEnd(32, "0")).toString("hex"),
    certNotBefore: "Dec 22 19:39:00 2025 GMT",
    certNotAfter: notAfter,
  };
}

/** The key that `npm run service-key -- ID` prints. */
export function serviceKeyOf(secret: string, id: string): Buffer {
  const info = `vairogs 1 service key ${id}`;
  return Buffer.from(hkdfSync("sha256", Buffer.from(secret, "base64url"), Buffer.alloc(0), info, 32));
}

export interface Signed {
  readonly id: string;
  readonly key: Buffer;
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly timeMs: number;
  readonly nonce?: string;
}

/** Value of the Shield-Key header. */
export function serviceKeyHeader({ id, key, method, host, target, timeMs, nonce = freshNonce() }: Signed): string {
  const time = Math.floor(timeMs / 1000);
  const text = ["SHIELD-KEY-1", method, host, target, time, nonce].join("\n");
  const mac = createHmac("sha256", key).update(text).digest("base64url");
  return `id=${id}, time=${time}, nonce=${nonce}, mac=${mac}`;
}

function freshNonce(): string {
  return randomBytes(16).toString("base64url");
}
