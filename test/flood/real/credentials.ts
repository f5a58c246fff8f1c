/** What a piece of software presents with each call, so that the shield knows it: as its vendor would have built it. */
import { SYSTEMS_HOST, serviceKeyHeader, serviceKeyOf, tlsClientAuth } from "../../lab/credentials.ts";
import type { ProofOfSoftware } from "../clinic.ts";
import { PORTAL } from "./browser.ts";

export interface Credential {
  /** The host that it calls: certificates have one of their own. */
  readonly host: string;
  /** What the edge finds out in the TLS handshake: `request.cf.tlsClientAuth`. */
  readonly certificate?: object;
  /** Header lines for one call, made anew for each. */
  readonly linesFor: (method: string, target: string) => readonly string[];
}

const NO_LINES = () => [];
export const NO_CREDENTIAL: Credential = { host: PORTAL, linesFor: NO_LINES };

/** @param secret the lab's SHIELD_SECRET: keys are given out by whoever has it */
export function credentialOf(proof: ProofOfSoftware, installation: number, secret: string): Credential {
  switch (proof) {
    case "certificate": {
      const serial = (0xa0000 + installation).toString(16);
      return { host: SYSTEMS_HOST, certificate: tlsClientAuth({ serial }), linesFor: NO_LINES };
    }
    case "service key": {
      const id = `installation-${installation}`;
      const key = serviceKeyOf(secret, id);
      const linesFor = (method: string, target: string) => [
        `Shield-Key: ${serviceKeyHeader({ id, key, method, host: PORTAL, target, timeMs: Date.now() })}`,
      ];
      return { host: PORTAL, linesFor };
    }
    case "none":
      return NO_CREDENTIAL;
  }
}
